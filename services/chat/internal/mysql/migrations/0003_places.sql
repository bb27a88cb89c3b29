-- +goose Up
-- Delivery positions: how far each session of a reader has received the
-- messages of a peer. Rows that were not updated for a long time are deleted;
-- their reader continues from the time that the phone sends.
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
