-- +goose Up
-- Updated in the transaction that changes the follow, so that at every commit the
-- counts equal the number of rows.
CREATE TABLE counts (
  user_id   BIGINT NOT NULL PRIMARY KEY,
  follows   BIGINT NOT NULL DEFAULT 0,
  followers BIGINT NOT NULL DEFAULT 0,
  CHECK (follows >= 0),
  CHECK (followers >= 0)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE counts;
