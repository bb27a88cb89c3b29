-- +goose Up
-- Finds the sessions whose tokens have expired.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'sessions' AND index_name = 'sessions_age');
SET @change = IF(@missing, 'ALTER TABLE sessions ADD KEY sessions_age (created_at_ms)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

-- +goose Down
ALTER TABLE sessions DROP KEY sessions_age;
