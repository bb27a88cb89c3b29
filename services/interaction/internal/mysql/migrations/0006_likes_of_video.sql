-- +goose Up
-- Who ever liked a video. Without the column liked on purpose: only the first
-- like of a user touches this index, an end or a return does not.
ALTER TABLE likes ADD KEY likes_of (video_id, user_id);

-- +goose Down
ALTER TABLE likes DROP KEY likes_of;
