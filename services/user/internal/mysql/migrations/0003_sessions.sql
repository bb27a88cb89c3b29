-- +goose Up
CREATE TABLE sessions (
    id            VARCHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    user_id       BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (id),
    KEY sessions_user (user_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE sessions;
