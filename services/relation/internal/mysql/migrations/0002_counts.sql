-- +goose Up
-- Moved in the transaction that moves the set: equal to it at every commit.
CREATE TABLE counts (
  user_id   BIGINT NOT NULL PRIMARY KEY,
  follows   BIGINT NOT NULL DEFAULT 0,
  followers BIGINT NOT NULL DEFAULT 0,
  CHECK (follows >= 0),
  CHECK (followers >= 0)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE counts;
