-- +goose Up
CREATE TABLE messages (
  low_id        BIGINT NOT NULL,
  high_id       BIGINT NOT NULL,
  seq           BIGINT NOT NULL,
  id            BIGINT NOT NULL,
  from_id       BIGINT NOT NULL,
  content       VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  request_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (low_id, high_id, seq),
  UNIQUE KEY one_per_id (id),
  UNIQUE KEY one_per_request (low_id, high_id, from_id, request_id),
  KEY written_by (low_id, high_id, from_id, created_at_ms)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE messages;
