-- +goose Up
-- Each table IF NOT EXISTS: MySQL commits at every CREATE, so a run that is cut
-- short in the middle can simply be repeated.

-- A place in the object store that is lent to an author until it becomes a
-- video or is removed.
CREATE TABLE IF NOT EXISTS uploads (
    video_id      BIGINT       NOT NULL,
    author_id     BIGINT       NOT NULL,
    object_key    VARCHAR(100) NOT NULL,
    part_size     BIGINT       NOT NULL, -- bytes
    max_size      BIGINT       NOT NULL, -- bytes
    aborting      BOOLEAN      NOT NULL, -- its parts are being removed
    expires_at_ms BIGINT       NOT NULL, -- no commit from then on
    due_at_ms     BIGINT       NOT NULL, -- the sweeper may take it from then on
    PRIMARY KEY (video_id),
    KEY uploads_author (author_id),
    KEY uploads_due (due_at_ms)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- state: 1 uploaded, 2 ready, 3 failed. cover_key is NULL where there is no
-- cover. Lengths in characters.
CREATE TABLE IF NOT EXISTS videos (
    id                  BIGINT       NOT NULL,
    author_id           BIGINT       NOT NULL,
    title               VARCHAR(128) NOT NULL,
    published_at_ms     BIGINT       NOT NULL,
    state               TINYINT      NOT NULL,
    failure_reason      VARCHAR(64)  NOT NULL DEFAULT '',
    source_key          VARCHAR(100) NOT NULL,
    source_size         BIGINT       NOT NULL,
    source_part_size    BIGINT       NOT NULL,
    source_sha256       BINARY(32)   NOT NULL,
    source_content_type VARCHAR(64)  NOT NULL,
    cover_key           VARCHAR(100) NULL,
    cover_size          BIGINT       NULL,
    cover_part_size     BIGINT       NULL,
    cover_sha256        BINARY(32)   NULL,
    cover_content_type  VARCHAR(64)  NULL,
    PRIMARY KEY (id),
    UNIQUE KEY videos_published (published_at_ms),
    KEY videos_feed (state, published_at_ms),
    KEY videos_author (author_id, published_at_ms)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row per author who ever began an upload. works equals the number of their
-- videos at every commit; beginning an upload locks the row, so that an author's
-- uploads are counted one after the other.
CREATE TABLE IF NOT EXISTS authors (
    author_id BIGINT NOT NULL,
    works     BIGINT NOT NULL,
    PRIMARY KEY (author_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
