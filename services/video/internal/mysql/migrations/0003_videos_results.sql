-- +goose Up
-- state: 1 uploaded, 2 ready, 3 failed, 4 processing. layout is that of all
-- objects of the video. What is NULL is not there (yet); shown_at_ms is there if
-- and only if the video is ready, failed_at_ms if and only if it has failed. Of
-- a failed one the source_* stay, their bytes do not. version counts its events,
-- attempt is the one whose result it has.
--
-- MySQL commits every ALTER and has no IF NOT EXISTS for a column: what a start
-- that was cut short has done already is left out.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'videos' AND column_name = 'layout');
SET @change = IF(@missing, 'ALTER TABLE videos
    ADD COLUMN layout            TINYINT      NOT NULL DEFAULT 0,
    ADD COLUMN play_key          VARCHAR(100) NULL,
    ADD COLUMN play_size         BIGINT       NULL,
    ADD COLUMN play_part_size    BIGINT       NULL,
    ADD COLUMN play_sha256       BINARY(32)   NULL,
    ADD COLUMN play_content_type VARCHAR(64)  NULL,
    ADD COLUMN hls_key           VARCHAR(100) NULL,
    ADD COLUMN hls_size          BIGINT       NULL,
    ADD COLUMN hls_part_size     BIGINT       NULL,
    ADD COLUMN hls_sha256        BINARY(32)   NULL,
    ADD COLUMN hls_content_type  VARCHAR(64)  NULL,
    ADD COLUMN duration_ms       BIGINT       NOT NULL DEFAULT 0,
    ADD COLUMN width             INT          NOT NULL DEFAULT 0,
    ADD COLUMN height            INT          NOT NULL DEFAULT 0,
    ADD COLUMN shown_at_ms       BIGINT       NULL,
    ADD COLUMN failed_at_ms      BIGINT       NULL,
    ADD COLUMN version           BIGINT       NOT NULL DEFAULT 1,
    ADD COLUMN attempt           BIGINT       NOT NULL DEFAULT 0,
    DROP KEY videos_feed,
    ADD UNIQUE KEY videos_shown (shown_at_ms),
    ADD KEY videos_failed (failed_at_ms),
    ADD KEY videos_waiting (author_id, state)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
