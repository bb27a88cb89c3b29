-- +goose Up
-- The users who ever liked a video. The index leaves out the column liked on
-- purpose: only the first like of a user writes to it, later changes do not.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'likes' AND index_name = 'likes_of');
SET @change = IF(@missing, 'ALTER TABLE likes ADD KEY likes_of (video_id, user_id)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

-- +goose Down
ALTER TABLE likes DROP KEY likes_of;
