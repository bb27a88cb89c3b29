-- +goose Up
-- Updated in the transaction that changes likes and comments, so that at every
-- commit the counts equal the number of rows.
CREATE TABLE video_counts (
  video_id BIGINT NOT NULL PRIMARY KEY,
  likes    BIGINT NOT NULL DEFAULT 0,
  comments BIGINT NOT NULL DEFAULT 0,
  CHECK (likes >= 0),
  CHECK (comments >= 0)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE video_counts;
