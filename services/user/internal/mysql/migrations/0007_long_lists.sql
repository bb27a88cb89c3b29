-- +goose Up
-- Finds the users whose lists may be too long, to shorten them.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'activity_marks' AND index_name = 'long_lists');
SET @change = IF(@missing, 'ALTER TABLE activity_marks ADD KEY long_lists (last_id, user_id)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

-- +goose Down
ALTER TABLE activity_marks DROP KEY long_lists;
