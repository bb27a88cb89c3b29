-- +goose Up
-- Who ever liked a video. Without the column liked on purpose: only the first
-- like of a user touches this index, an end or a return does not.
--
-- MySQL commits every ALTER and has no IF NOT EXISTS for a column: what a start
-- that was cut short has done already is left out.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'likes' AND index_name = 'likes_of');
SET @change = IF(@missing, 'ALTER TABLE likes ADD KEY likes_of (video_id, user_id)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

-- +goose Down
ALTER TABLE likes DROP KEY likes_of;
