-- +goose Up
-- A deleted video keeps its row for good: no like and no comment may come back.
--
-- MySQL commits every ALTER and has no IF NOT EXISTS for a column: what a start
-- that was cut short has done already is left out.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'video_counts' AND column_name = 'gone');
SET @change = IF(@missing, 'ALTER TABLE video_counts ADD COLUMN gone BOOLEAN NOT NULL DEFAULT FALSE', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

-- +goose Down
ALTER TABLE video_counts DROP COLUMN gone;
