-- +goose Up
-- Each table IF NOT EXISTS, as in 0001.

-- A video that waits to be processed or is being processed. attempt is the one
-- that has it or had it last; held says whether one has it (or died with it), and
-- due_at_ms is then the end of its lease. tries counts claims that ended without
-- a word, releases how often in a row it was given back.
CREATE TABLE IF NOT EXISTS jobs (
    video_id  BIGINT  NOT NULL,
    attempt   BIGINT  NOT NULL DEFAULT 0,
    tries     INT     NOT NULL DEFAULT 0,
    releases  INT     NOT NULL DEFAULT 0,
    held      BOOLEAN NOT NULL DEFAULT FALSE,
    progress  INT     NOT NULL DEFAULT 0, -- percent
    due_at_ms BIGINT  NOT NULL,
    PRIMARY KEY (video_id),
    KEY jobs_due (due_at_ms)
) ENGINE = InnoDB;

-- What an attempt is going to write, or has written. extents is JSON:
-- [{"key":"videos/1/2/play","parts":3}, ...].
CREATE TABLE IF NOT EXISTS outputs (
    video_id BIGINT     NOT NULL,
    attempt  BIGINT     NOT NULL,
    layout   TINYINT    NOT NULL,
    extents  MEDIUMTEXT NOT NULL,
    PRIMARY KEY (video_id, attempt)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Objects that no video has any more. The row goes after they are gone.
CREATE TABLE IF NOT EXISTS removals (
    id        BIGINT     NOT NULL AUTO_INCREMENT,
    video_id  BIGINT     NOT NULL,
    layout    TINYINT    NOT NULL,
    extents   MEDIUMTEXT NOT NULL,
    due_at_ms BIGINT     NOT NULL, -- the sweeper may take it from then on
    PRIMARY KEY (id),
    KEY removals_due (due_at_ms)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Whose the videos were that are deleted, so that deleting again is success.
CREATE TABLE IF NOT EXISTS deleted_videos (
    video_id      BIGINT NOT NULL,
    author_id     BIGINT NOT NULL,
    deleted_at_ms BIGINT NOT NULL,
    PRIMARY KEY (video_id)
) ENGINE = InnoDB;
