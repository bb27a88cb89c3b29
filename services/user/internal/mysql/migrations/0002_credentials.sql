-- +goose Up
-- Separate from users, so that no query for profiles can leak a hash.
CREATE TABLE credentials (
    user_id BIGINT       NOT NULL,
    hash    VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (user_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE credentials;
