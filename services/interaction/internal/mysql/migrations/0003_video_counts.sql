-- +goose Up
-- Moved in the transaction that moves the set: equal to it at every commit.
CREATE TABLE video_counts (
  video_id BIGINT NOT NULL PRIMARY KEY,
  likes    BIGINT NOT NULL DEFAULT 0,
  comments BIGINT NOT NULL DEFAULT 0,
  CHECK (likes >= 0),
  CHECK (comments >= 0)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE video_counts;
