-- +goose Up
-- A list reads present entries only, however many were taken back: listed. Old
-- entries that were taken back are found by their time: taken_back.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'activities' AND index_name = 'listed');
SET @change = IF(@missing, 'ALTER TABLE activities ADD KEY listed (user_id, present, id), ADD KEY taken_back (present, occurred_at_ms)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

-- +goose Down
ALTER TABLE activities DROP KEY listed, DROP KEY taken_back;
