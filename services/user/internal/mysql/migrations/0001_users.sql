-- +goose Up
-- name_key identifies a user; 32 characters can fold to 576, hence its length.
-- name is the name as it was registered: 32 characters of up to four code points
-- each.
CREATE TABLE users (
    id               BIGINT       NOT NULL,
    name             VARCHAR(128) NOT NULL,
    name_key         VARCHAR(640) NOT NULL,
    avatar           VARCHAR(512) NOT NULL DEFAULT '',
    background_image VARCHAR(512) NOT NULL DEFAULT '',
    signature        VARCHAR(512) NOT NULL DEFAULT '',
    created_at_ms    BIGINT       NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY users_name_key (name_key)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE users;
