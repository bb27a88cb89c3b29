package mysql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// jobRow is a row of the table jobs.
type jobRow struct {
	Attempt         int64  `db:"attempt"`
	Tries           int    `db:"tries"`
	Releases        int    `db:"releases"`
	SuspectedReason string `db:"suspicion"`
	SuspectCount    int    `db:"suspicions"`
	Held            bool   `db:"held"`
	Progress        int    `db:"progress"`
	DueAtMs         int64  `db:"due_at_ms"`
}

// lockJob reads the job of a video and locks its row. It returns nil if there is none.
func lockJob(ctx context.Context, tx sqldb.Handle, videoID int64) (*video.Job, error) {
	const query = `SELECT attempt, tries, releases, suspicion, suspicions, held, progress, due_at_ms FROM jobs WHERE video_id = ? FOR UPDATE`
	var row jobRow
	err := tx.GetContext(ctx, &row, query, videoID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	job := video.Job(row)
	return &job, nil
}

func storeJob(ctx context.Context, tx sqldb.Handle, videoID int64, j video.Job) error {
	const query = `INSERT INTO jobs (video_id, attempt, tries, releases, suspicion, suspicions, held, progress, due_at_ms)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE attempt = VALUES(attempt), tries = VALUES(tries), releases = VALUES(releases),
		suspicion = VALUES(suspicion), suspicions = VALUES(suspicions), held = VALUES(held), progress = VALUES(progress), due_at_ms = VALUES(due_at_ms)`
	_, err := tx.ExecContext(ctx, query, videoID, j.Attempt, j.Tries, j.Releases, j.SuspectedReason, j.SuspectCount, j.Held, j.Progress, j.DueAtMs)
	return err
}

func changeJobRow(ctx context.Context, tx sqldb.Handle, videoID int64, before, after *video.Job) error {
	const end = `DELETE FROM jobs WHERE video_id = ?`
	switch {
	case after == nil && before != nil:
		_, err := tx.ExecContext(ctx, end, videoID)
		return err
	case after != nil && (before == nil || *before != *after):
		return storeJob(ctx, tx, videoID, *after)
	}
	return nil
}

// Renew implements video.Lifecycles. It reads the row first, because an update that
// changes no value counts as no affected row.
func (s *Store) Renew(ctx context.Context, videoID, attempt int64, lease time.Duration, progress int) error {
	const update = `UPDATE jobs SET due_at_ms = ` + sqldb.NowMS + ` + ?, progress = ? WHERE video_id = ?`
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		job, err := lockJob(ctx, tx, videoID)
		if err != nil {
			return err
		}
		if job == nil || !job.Held || job.Attempt != attempt {
			return video.ErrJobLost
		}
		_, err = tx.ExecContext(ctx, update, lease.Milliseconds(), progress, videoID)
		return err
	})
	return sqldb.Wrap("mysql.Renew", err)
}
