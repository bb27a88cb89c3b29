package mysql

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// maxBump is how many milliseconds a moment may move to get past others.
// It takes that many videos within a second to reach it.
const maxBump = 1_000

// Publish implements video.Uploads.
//
// The insert into videos comes last. It may have to wait for a transaction that
// has taken the same millisecond, and since that one has nothing left to wait
// for itself, publishers can queue but not deadlock. Nobody else can touch the
// video before the commit, so that its first event is the first.
func (s *Store) Publish(ctx context.Context, videoID int64, build func(video.Upload) (video.Video, error)) (video.Video, error) {
	const end = `DELETE FROM uploads WHERE video_id = ?`
	var published video.Video
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		u, err := lockUpload(ctx, tx, videoID)
		if err != nil {
			return err
		}
		v, err := build(u)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, end, videoID); err != nil {
			return err
		}
		if err := storeJob(ctx, tx, v.ID, video.Job{DueAtMs: v.PublishedAtMs}); err != nil {
			return err
		}
		if err := publish(ctx, tx, video.EventUploaded, v); err != nil {
			return err
		}
		published, err = insertVideo(ctx, tx, v)
		return err
	})
	if err != nil {
		return video.Video{}, sqldb.Wrap("mysql.Publish", err)
	}
	s.committed()
	return published, nil
}

// insertVideo stores a video at the first free millisecond from its publish time
// on.
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

// bump moves a moment on until a statement that stores it is not refused by its
// unique index. A duplicate undoes only the one statement, not the transaction.
func bump(moment *int64, index string, store func() error) error {
	for range maxBump {
		if err := store(); !sqldb.IsDuplicate(err, index) {
			return err
		}
		*moment++
	}
	return video.ErrBusy
}
