-- +goose Up
-- One row for each like, comment and follow by other users. The row is kept when
-- it was taken back, so that an older event that arrives later has no effect.
CREATE TABLE activities (
  user_id        BIGINT       NOT NULL,
  id             BIGINT       NOT NULL,
  subject        VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version        BIGINT       NOT NULL,
  present        BOOLEAN      NOT NULL,
  kind           TINYINT      NOT NULL,
  actor_id       BIGINT       NOT NULL,
  video_id       BIGINT       NOT NULL,
  comment_id     BIGINT       NOT NULL,
  excerpt        VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  occurred_at_ms BIGINT       NOT NULL,
  event_id       VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (user_id, id),
  UNIQUE KEY one_per_subject (subject)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE activities;
