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
		if sqldb.OutcomeUnknown(err) {
			s.committed()
		}
		return sqldb.Wrap("mysql.UpdateLifecycle", err)
	}
	if published {
		s.committed()
	}
	return nil
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
