-- +goose Up
-- Tombstones are deleted some weeks after the video. last_id is the greatest video
-- id whose tombstone is gone: an id up to it that has no row may be a deleted video.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'deleted_videos' AND index_name = 'deleted_videos_at');
SET @change = IF(@missing, 'ALTER TABLE deleted_videos ADD KEY deleted_videos_at (deleted_at_ms)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

CREATE TABLE IF NOT EXISTS tombstones_pruned (
    one     TINYINT NOT NULL, -- always 1
    last_id BIGINT  NOT NULL,
    PRIMARY KEY (one)
) ENGINE = InnoDB;
