package mysql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// UpdateLifecycle implements video.Lifecycles.
func (s *Store) UpdateLifecycle(ctx context.Context, videoID int64, change func(*video.Lifecycle) error) error {
	published := false
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		var err error
		published, err = updateLifecycle(ctx, tx, videoID, change)
		return err
	})
	if err != nil {
		return sqldb.Wrap("mysql.UpdateLifecycle", err)
	}
	if published {
		s.committed()
	}
	return nil
}

// dueQuery locks the row of the video together with that of its job. Other changes
// lock the video first, so a claim, which waits for no lock, cannot deadlock with
// them.
const dueQuery = `SELECT j.video_id FROM jobs j FORCE INDEX (jobs_due) STRAIGHT_JOIN videos v ON v.id = j.video_id
	WHERE j.due_at_ms <= ` + sqldb.NowMS + ` ORDER BY j.due_at_ms LIMIT 1 FOR UPDATE SKIP LOCKED`

// UpdateNextDue implements video.Lifecycles.
func (s *Store) UpdateNextDue(ctx context.Context, change func(*video.Lifecycle) error) (bool, error) {
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
		return false, sqldb.Wrap("mysql.UpdateNextDue", err)
	}
	if published {
		s.committed()
	}
	return found, nil
}

// updateLifecycle reports whether an event was written.
func updateLifecycle(ctx context.Context, tx sqldb.Handle, videoID int64, change func(*video.Lifecycle) error) (published bool, err error) {
	before, err := lockLifecycle(ctx, tx, videoID)
	if err != nil {
		return false, err
	}
	after := before
	after.Outputs = append([]video.Outputs(nil), before.Outputs...)
	if before.Job != nil {
		job := *before.Job
		after.Job = &job
	}
	if err := change(&after); err != nil {
		return false, err
	}
	return after.Event != 0, storeLifecycle(ctx, tx, before, after)
}

// lockLifecycle reads a lifecycle and locks the rows of the video and of its job.
// Rows of outputs change only under these locks.
func lockLifecycle(ctx context.Context, tx sqldb.Handle, videoID int64) (video.Lifecycle, error) {
	const query = `SELECT ` + videoColumns + `, ` + sqldb.NowMS + ` AS now_ms FROM videos WHERE id = ? FOR UPDATE`
	var row struct {
		videoRow
		NowMs int64 `db:"now_ms"`
	}
	err := tx.GetContext(ctx, &row, query, videoID)
	if errors.Is(err, sql.ErrNoRows) {
		return video.Lifecycle{}, video.ErrVideoUnknown
	}
	if err != nil {
		return video.Lifecycle{}, err
	}
	c := video.Lifecycle{NowMs: row.NowMs}
	if c.Video, err = fromRow(row.videoRow); err != nil {
		return video.Lifecycle{}, err
	}
	if c.Job, err = lockJob(ctx, tx, videoID); err != nil {
		return video.Lifecycle{}, err
	}
	c.Outputs, err = readOutputs(ctx, tx, videoID)
	return c, err
}

// storeLifecycle stores the changes. The contended rows come last, to be locked the
// shortest: the counter of the author and, as in Publish, the unique time.
func storeLifecycle(ctx context.Context, tx sqldb.Handle, before, after video.Lifecycle) error {
	id := before.Video.ID
	if after.DeletedAtMs > 0 {
		if err := insertTombstone(ctx, tx, after); err != nil {
			return err
		}
	}
	if err := changeJobRow(ctx, tx, id, before.Job, after.Job); err != nil {
		return err
	}
	if err := changeOutputs(ctx, tx, id, before.Outputs, after.Outputs); err != nil {
		return err
	}
	if err := addRemovals(ctx, tx, after.Removals); err != nil {
		return err
	}
	if after.Event != 0 {
		if err := publish(ctx, tx, after.Event, after.Video); err != nil {
			return err
		}
	}
	if err := moveWorks(ctx, tx, before.Video, after); err != nil {
		return err
	}
	if after.DeletedAtMs > 0 {
		return nil
	}
	return updateVideo(ctx, tx, before.Video, after.Video)
}

// insertTombstone replaces the row of a video by a tombstone.
func insertTombstone(ctx context.Context, tx sqldb.Handle, c video.Lifecycle) error {
	const (
		end    = `DELETE FROM videos WHERE id = ?`
		insert = `INSERT INTO deleted_videos (video_id, author_id, deleted_at_ms) VALUES (?, ?, ?)`
	)
	if _, err := tx.ExecContext(ctx, end, c.Video.ID); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, insert, c.Video.ID, c.Video.AuthorID, c.DeletedAtMs)
	return err
}

// moveWorks moves the works counter if a video became ready, or was ready and is
// deleted.
func moveWorks(ctx context.Context, tx sqldb.Handle, before video.Video, after video.Lifecycle) error {
	const (
		up   = `INSERT INTO authors (author_id, works) VALUES (?, 1) ON DUPLICATE KEY UPDATE works = works + 1`
		down = `UPDATE authors SET works = works - 1 WHERE author_id = ?`
	)
	was := before.State == video.StateReady
	is := after.Video.State == video.StateReady && after.DeletedAtMs == 0
	if was == is {
		return nil
	}
	query := down
	if is {
		query = up
	}
	_, err := tx.ExecContext(ctx, query, before.AuthorID)
	return err
}

func updateVideo(ctx context.Context, tx sqldb.Handle, before, after video.Video) error {
	const update = `UPDATE videos SET shown_at_ms = :shown_at_ms, state = :state,
		failure_reason = :failure_reason, failed_at_ms = :failed_at_ms, source_sha256 = :source_sha256,
		play_key = :play_key, play_size = :play_size, play_part_size = :play_part_size,
		play_sha256 = :play_sha256, play_content_type = :play_content_type,
		cover_key = :cover_key, cover_size = :cover_size, cover_part_size = :cover_part_size,
		cover_sha256 = :cover_sha256, cover_content_type = :cover_content_type,
		hls_key = :hls_key, hls_size = :hls_size, hls_part_size = :hls_part_size,
		hls_sha256 = :hls_sha256, hls_content_type = :hls_content_type,
		duration_ms = :duration_ms, width = :width, height = :height, version = :version, attempt = :attempt
		WHERE id = :id`
	if after == before {
		return nil
	}
	return bump(&after.ShownAtMs, "videos_shown", func() error {
		_, err := tx.NamedExecContext(ctx, update, toRow(after))
		return err
	})
}

// FailedLongAgo implements video.Lifecycles. Only failed videos have failed_at_ms.
func (s *Store) FailedLongAgo(ctx context.Context, age time.Duration, limit int) ([]int64, error) {
	var ids []int64
	err := s.db.SelectContext(ctx, &ids, failedQuery, age.Milliseconds(), limit)
	return ids, sqldb.Wrap("mysql.FailedLongAgo", err)
}

const failedQuery = `SELECT id FROM videos WHERE failed_at_ms <= ` + sqldb.NowMS + ` - ? ORDER BY failed_at_ms LIMIT ?`

// DeletedOf implements video.Lifecycles.
func (s *Store) DeletedOf(ctx context.Context, videoID int64) (int64, error) {
	const query = `SELECT author_id FROM deleted_videos WHERE video_id = ?`
	var author int64
	err := s.db.GetContext(ctx, &author, query, videoID)
	if errors.Is(err, sql.ErrNoRows) {
		err = video.ErrVideoUnknown
	}
	return author, sqldb.Wrap("mysql.DeletedOf", err)
}
