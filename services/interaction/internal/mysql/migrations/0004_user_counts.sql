-- +goose Up
-- Likes given and received, updated in the transaction that changes the like.
CREATE TABLE user_counts (
  user_id  BIGINT NOT NULL PRIMARY KEY,
  given    BIGINT NOT NULL DEFAULT 0,
  received BIGINT NOT NULL DEFAULT 0,
  CHECK (given >= 0),
  CHECK (received >= 0)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE user_counts;
