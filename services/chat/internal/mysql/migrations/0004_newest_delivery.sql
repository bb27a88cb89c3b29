-- +goose Up
-- The newest delivery of a session: the time that the phone sent with the poll,
-- and the position from which the poll was answered. A poll that sends the same
-- time again did not receive the answer. 0 means that no delivery is known.
ALTER TABLE places
  ADD COLUMN since_ms BIGINT NOT NULL DEFAULT 0 AFTER delivered_ms,
  ADD COLUMN previous_ms BIGINT NOT NULL DEFAULT 0 AFTER since_ms;

-- +goose Down
ALTER TABLE places DROP COLUMN since_ms, DROP COLUMN previous_ms;
