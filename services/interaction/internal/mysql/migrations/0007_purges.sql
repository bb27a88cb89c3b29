-- +goose Up
-- Deleted videos that may still have likes or comments. Likes of users up to
-- done_user_id have ended.
CREATE TABLE IF NOT EXISTS purges (
  video_id      BIGINT NOT NULL PRIMARY KEY,
  done_user_id  BIGINT NOT NULL DEFAULT 0,
  created_at_ms BIGINT NOT NULL
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE purges;
