package mysql

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// maxBump is how many milliseconds a publish time may move to get past others.
// It takes that many videos within a second to reach it.
const maxBump = 1_000

// Publish implements video.Uploads.
//
// The insert into videos comes last. It may have to wait for a transaction that
// has taken the same millisecond, and since that one has nothing left to wait
// for itself, publishers can queue but not deadlock.
func (s *Store) Publish(ctx context.Context, videoID int64, build func(video.Upload) (video.Video, error)) (video.Video, error) {
	const (
		end   = `DELETE FROM uploads WHERE video_id = ?`
		count = `INSERT INTO authors (author_id, works) VALUES (?, 1) ON DUPLICATE KEY UPDATE works = works + 1`
	)
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
		if _, err := tx.ExecContext(ctx, count, v.AuthorID); err != nil {
			return err
		}
		published, err = insertVideo(ctx, tx, v)
		return err
	})
	if err != nil {
		return video.Video{}, sqldb.Wrap("mysql.Publish", err)
	}
	return published, nil
}

// insertVideo stores a video at the first free millisecond from its publish time
// on. A duplicate undoes only the one statement, not the transaction.
func insertVideo(ctx context.Context, tx sqldb.Handle, v video.Video) (video.Video, error) {
	const insert = `INSERT INTO videos (` + videoColumns + `) VALUES (
		:id, :author_id, :title, :published_at_ms, :state, :failure_reason,
		:source_key, :source_size, :source_part_size, :source_sha256, :source_content_type,
		:cover_key, :cover_size, :cover_part_size, :cover_sha256, :cover_content_type)`
	for range maxBump {
		_, err := tx.NamedExecContext(ctx, insert, toRow(v))
		if err == nil {
			return v, nil
		}
		if !sqldb.IsDuplicate(err, "videos_published") {
			return video.Video{}, err
		}
		v.PublishedAtMs++
	}
	return video.Video{}, video.ErrBusy
}
