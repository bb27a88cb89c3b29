-- +goose Up
-- How far each device of a reader has got with a peer. A row that was not
-- touched for long may go: its reader starts with the whole history again.
CREATE TABLE places (
  session_id    CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  peer_id       BIGINT NOT NULL,
  delivered_ms  BIGINT NOT NULL,
  touched_at_ms BIGINT NOT NULL,
  PRIMARY KEY (session_id, peer_id),
  KEY by_touch (touched_at_ms)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE places;
