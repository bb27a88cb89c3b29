-- +goose Up
-- A follow keeps its row when it ends. following is FALSE then; version counts
-- the changes, so that their events can be ordered.
CREATE TABLE follows (
  user_id       BIGINT  NOT NULL,
  target_id     BIGINT  NOT NULL,
  following     BOOLEAN NOT NULL,
  version       BIGINT  NOT NULL,
  changed_at_ms BIGINT  NOT NULL,
  PRIMARY KEY (user_id, target_id),
  KEY follows_of (user_id, following, changed_at_ms, target_id),
  KEY followers_of (target_id, following, changed_at_ms, user_id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE follows;
