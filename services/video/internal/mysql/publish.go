package mysql

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// maxBump is the maximum move of a unique time in milliseconds. It takes that many
// videos within a second to reach it.
const maxBump = 1_000

// Publish implements video.Uploads.
//
// The insert into videos comes last. It may wait for a transaction that took the
// same millisecond. That transaction waits for no other lock, so publishers can
// queue but not deadlock. No other transaction can change the video before the
// commit, so this is its first event.
func (s *Store) Publish(ctx context.Context, videoID int64, build func(u video.Upload, nowMs int64) (video.Video, error)) (video.Video, error) {
	const end = `DELETE FROM uploads WHERE video_id = ?`
	var published video.Video
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		u, nowMs, err := lockUpload(ctx, tx, videoID)
		if err != nil {
			return err
		}
		v, err := build(u, nowMs)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, end, videoID); err != nil {
			return err
		}
		if err := enqueue(ctx, tx, v, video.Job{DueAtMs: v.PublishedAtMs}); err != nil {
			return err
		}
		if err := publish(ctx, tx, video.EventUploaded, v); err != nil {
			return err
		}
		published, err = insertVideo(ctx, tx, v)
		return err
	})
	if err != nil {
		if sqldb.OutcomeUnknown(err) {
			s.committed()
		}
		return video.Video{}, sqldb.Wrap("mysql.Publish", err)
	}
	s.committed()
	return published, nil
}

// insertVideo stores a video with the first free publish time.
func insertVideo(ctx context.Context, tx sqldb.Handle, v video.Video) (video.Video, error) {
	const insert = `INSERT INTO videos (` + videoColumns + `) VALUES (
		:id, :author_id, :title, :published_at_ms, :shown_at_ms, :state, :failure_reason, :failed_at_ms, :layout,
		:source_key, :source_size, :source_part_size, :source_sha256, :source_content_type,
		:play_key, :play_size, :play_part_size, :play_sha256, :play_content_type,
		:cover_key, :cover_size, :cover_part_size, :cover_sha256, :cover_content_type,
		:hls_key, :hls_size, :hls_part_size, :hls_sha256, :hls_content_type,
		:duration_ms, :width, :height, :version, :attempt)`
	err := bump(&v.PublishedAtMs, "videos_published", func() error {
		_, err := tx.NamedExecContext(ctx, insert, toRow(v))
		return err
	})
	return v, err
}

// bump moves a time on until the statement that stores it has no duplicate in the
// unique index. A duplicate undoes only that statement, not the transaction.
func bump(timeMs *int64, index string, store func() error) error {
	for range maxBump {
		if err := store(); !sqldb.IsDuplicate(err, index) {
			return err
		}
		*timeMs++
	}
	return video.ErrBusy
}
