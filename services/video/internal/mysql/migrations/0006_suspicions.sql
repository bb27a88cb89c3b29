-- +goose Up
-- How often in a row the job of a video was given back because of what the video
-- itself may be the cause of, and what that is.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'jobs' AND column_name = 'suspicion');
SET @change = IF(@missing, 'ALTER TABLE jobs
    ADD COLUMN suspicion  VARCHAR(32) NOT NULL DEFAULT '''',
    ADD COLUMN suspicions INT         NOT NULL DEFAULT 0', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
