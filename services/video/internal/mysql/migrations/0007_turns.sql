-- +goose Up
-- Jobs are claimed in the order of turn_at_ms (Unix milliseconds), the time since a
-- job is due plus an hour for each job that its author had at that time. So no
-- author holds up the others. queued jobs are due and wait for a worker; the others
-- have a lease or a pause, which may have ended.
--
-- The index jobs_due stays for programs of the version before.
SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'jobs' AND column_name = 'turn_at_ms');
SET @change = IF(@missing, 'ALTER TABLE jobs
    ADD COLUMN author_id  BIGINT  NOT NULL DEFAULT 0,
    ADD COLUMN turn_at_ms BIGINT  NOT NULL DEFAULT 0,
    ADD COLUMN queued     BOOLEAN NOT NULL DEFAULT FALSE,
    ADD KEY jobs_turn (queued, turn_at_ms),
    ADD KEY jobs_waiting (queued, due_at_ms),
    ADD KEY jobs_author (author_id)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

UPDATE jobs JOIN (
    SELECT old.video_id, videos.author_id, ROW_NUMBER() OVER (PARTITION BY videos.author_id ORDER BY old.due_at_ms, old.video_id) - 1 AS earlier
    FROM jobs old JOIN videos ON videos.id = old.video_id
) numbered ON numbered.video_id = jobs.video_id
SET jobs.author_id = numbered.author_id, jobs.turn_at_ms = jobs.due_at_ms + 3600000 * numbered.earlier
WHERE jobs.author_id = 0;
