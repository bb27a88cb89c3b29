-- +goose Up
-- One row for each user with activities. Its lock makes the numbers of activities
-- follow the order of the commits. It also holds the read position of the user.
CREATE TABLE activity_marks (
  user_id BIGINT NOT NULL PRIMARY KEY,
  last_id BIGINT NOT NULL,
  read_id BIGINT NOT NULL
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE activity_marks;
