-- +goose Up
CREATE TABLE comments (
  id            BIGINT  NOT NULL PRIMARY KEY,
  video_id      BIGINT  NOT NULL,
  author_id     BIGINT  NOT NULL,
  user_id       BIGINT  NOT NULL,
  content       VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  request_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at_ms BIGINT  NOT NULL,
  deleted       BOOLEAN NOT NULL DEFAULT FALSE,
  UNIQUE KEY one_per_request (user_id, request_id),
  KEY comments_of (video_id, deleted, id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE comments;
