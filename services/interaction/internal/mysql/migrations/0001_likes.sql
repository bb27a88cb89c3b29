-- +goose Up
-- A like keeps its row when it ends. liked is FALSE then; version counts the
-- changes, so that their events can be ordered.
CREATE TABLE likes (
  user_id       BIGINT  NOT NULL,
  video_id      BIGINT  NOT NULL,
  author_id     BIGINT  NOT NULL,
  liked         BOOLEAN NOT NULL,
  version       BIGINT  NOT NULL,
  changed_at_ms BIGINT  NOT NULL,
  PRIMARY KEY (user_id, video_id),
  KEY liked_by (user_id, liked, changed_at_ms, video_id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE likes;
