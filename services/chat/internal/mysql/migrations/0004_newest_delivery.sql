-- +goose Up
-- The newest delivery of a session: the time that the phone sent with the poll,
-- and the position from which the poll was answered. A poll that sends the same
-- time again did not receive the answer. 0 means that no delivery is known.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'places' AND column_name = 'since_ms');
SET @change = IF(@missing, 'ALTER TABLE places ADD COLUMN since_ms BIGINT NOT NULL DEFAULT 0 AFTER delivered_ms, ADD COLUMN previous_ms BIGINT NOT NULL DEFAULT 0 AFTER since_ms', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

-- +goose Down
ALTER TABLE places DROP COLUMN since_ms, DROP COLUMN previous_ms;
