-- +goose Up
-- The row of a deleted video is kept forever: it refuses later likes and comments.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'video_counts' AND column_name = 'gone');
SET @change = IF(@missing, 'ALTER TABLE video_counts ADD COLUMN gone BOOLEAN NOT NULL DEFAULT FALSE', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

-- +goose Down
ALTER TABLE video_counts DROP COLUMN gone;
