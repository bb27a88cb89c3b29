-- +goose Up
-- One row for each pair of users, the smaller id first. Its lock orders the
-- messages. It also holds the newest message, for the list of friends.
CREATE TABLE conversations (
  low_id       BIGINT NOT NULL,
  high_id      BIGINT NOT NULL,
  last_seq     BIGINT NOT NULL DEFAULT 0,
  last_ms      BIGINT NOT NULL DEFAULT 0,
  last_id      BIGINT NOT NULL DEFAULT 0,
  last_from_id BIGINT NOT NULL DEFAULT 0,
  last_content VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  PRIMARY KEY (low_id, high_id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE conversations;
