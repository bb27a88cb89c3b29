-- +goose Up
-- Videos from before there was processing are ready: players go on to get what
-- was uploaded. Both statements may be repeated.
UPDATE videos SET shown_at_ms = published_at_ms,
    play_key = source_key, play_size = source_size, play_part_size = source_part_size,
    play_sha256 = source_sha256, play_content_type = source_content_type
WHERE state = 2 AND shown_at_ms IS NULL;

-- They are processed too, the newest first. One every five seconds comes due, so
-- that what is uploaded meanwhile does not wait for all of them.
INSERT IGNORE INTO jobs (video_id, due_at_ms)
SELECT id, FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000) + 5000 * ROW_NUMBER() OVER (ORDER BY published_at_ms DESC)
FROM videos WHERE state = 2 AND attempt = 0;
