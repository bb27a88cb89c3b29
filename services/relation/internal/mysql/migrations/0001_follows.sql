-- +goose Up
-- A follow keeps its row when it ends: following says whether it is there,
-- version counts its changes so that events about it can be put in order.
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
