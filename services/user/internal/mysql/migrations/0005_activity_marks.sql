-- +goose Up
-- One row for each user with activities. Its lock numbers them in the order of
-- the commits; it also holds how far the user has read.
CREATE TABLE activity_marks (
  user_id BIGINT NOT NULL PRIMARY KEY,
  last_id BIGINT NOT NULL,
  read_id BIGINT NOT NULL
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE activity_marks;
