-- +goose Up
-- A deleted video keeps its row for good: no like and no comment may come back.
ALTER TABLE video_counts ADD COLUMN gone BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE video_counts DROP COLUMN gone;
