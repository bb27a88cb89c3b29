package mysql

import (
	"context"
	"database/sql"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

const ownJobsQuery = `SELECT COUNT(*) FROM jobs WHERE author_id = ?`

// enqueue inserts the job of a new video. It locks the row of the author, so that
// concurrent calls count each other's jobs.
func enqueue(ctx context.Context, tx sqldb.Handle, v video.Video, j video.Job) error {
	const (
		lock = `SELECT author_id FROM authors WHERE author_id = ? FOR UPDATE`
		set  = `UPDATE jobs SET author_id = ?, turn_at_ms = ?, queued = TRUE WHERE video_id = ?`
	)
	var author int64
	if err := tx.GetContext(ctx, &author, lock, v.AuthorID); err != nil {
		return err
	}
	var before int
	if err := tx.GetContext(ctx, &before, ownJobsQuery, v.AuthorID); err != nil {
		return err
	}
	if err := storeJob(ctx, tx, v.ID, j); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, set, v.AuthorID, video.TurnAtMs(j.DueAtMs, before), v.ID)
	return err
}

const (
	// requeueBatch bounds the jobs that one claim returns to the queue.
	requeueBatch = 20
	requeueQuery = `SELECT video_id FROM jobs FORCE INDEX (jobs_waiting) WHERE queued = FALSE AND due_at_ms <= ` + sqldb.NowMS + `
	ORDER BY due_at_ms LIMIT ? FOR UPDATE SKIP LOCKED`
)

// requeue returns jobs to the queue whose lease or pause has ended. Their turns are
// not before that, so that a video that kills its workers does not hold up others.
func (s *Store) requeue(ctx context.Context) error {
	const set = `UPDATE jobs SET queued = TRUE, turn_at_ms = GREATEST(turn_at_ms, due_at_ms) WHERE video_id IN (?)`
	return sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		var ended []int64
		if err := tx.SelectContext(ctx, &ended, requeueQuery, requeueBatch); err != nil || len(ended) == 0 {
			return err
		}
		return sqldb.ExecIn(ctx, tx, set, ended)
	})
}

// dueQuery reads the first entry of the index jobs_turn, unless others have locked
// it. It locks the row of the video together with that of its job. Other changes
// lock the video first, so a claim, which waits for no lock, cannot deadlock with
// them. Programs of the version before leave jobs queued that are not due.
const dueQuery = `SELECT j.video_id FROM jobs j FORCE INDEX (jobs_turn) STRAIGHT_JOIN videos v ON v.id = j.video_id
	WHERE j.queued = TRUE AND j.due_at_ms <= ` + sqldb.NowMS + ` ORDER BY j.turn_at_ms LIMIT 1 FOR UPDATE SKIP LOCKED`

// UpdateNextDue implements video.Lifecycles.
func (s *Store) UpdateNextDue(ctx context.Context, change func(*video.Lifecycle) error) (bool, error) {
	const op = "mysql.UpdateNextDue"
	if err := s.requeue(ctx); err != nil {
		return false, sqldb.Wrap(op, err)
	}
	var found, published bool
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		found, published = false, false
		var videoID int64
		err := tx.GetContext(ctx, &videoID, dueQuery)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		published, err = updateLifecycle(ctx, tx, videoID, change)
		return err
	})
	if err != nil {
		if sqldb.OutcomeUnknown(err) {
			s.committed()
		}
		return false, sqldb.Wrap(op, err)
	}
	if published {
		s.committed()
	}
	return found, nil
}
