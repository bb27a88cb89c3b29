-- +goose Up
-- layout, here and below: 0 numbered parts, 1 one plain object of an S3 store.
ALTER TABLE uploads ADD COLUMN layout TINYINT NOT NULL DEFAULT 0;
