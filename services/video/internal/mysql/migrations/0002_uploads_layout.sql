-- +goose Up
-- layout, here and below: 0 numbered parts, 1 one plain object of an S3 store.
--
-- MySQL commits every ALTER and has no IF NOT EXISTS for a column: what a start
-- that was cut short has done already is left out.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'uploads' AND column_name = 'layout');
SET @change = IF(@missing, 'ALTER TABLE uploads ADD COLUMN layout TINYINT NOT NULL DEFAULT 0', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
