package mysql

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

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

// DeletedOf implements video.Tombstones.
func (s *Store) DeletedOf(ctx context.Context, videoID int64) (int64, error) {
	const query = `SELECT author_id FROM deleted_videos WHERE video_id = ?`
	var author int64
	err := s.db.GetContext(ctx, &author, query, videoID)
	if errors.Is(err, sql.ErrNoRows) {
		err = video.ErrVideoUnknown
	}
	return author, sqldb.Wrap("mysql.DeletedOf", err)
}

const tombstoneQuery = `SELECT video_id FROM deleted_videos FORCE INDEX (deleted_videos_at) WHERE deleted_at_ms <= ` + sqldb.NowMS + ` - ?
	ORDER BY deleted_at_ms LIMIT ? FOR UPDATE SKIP LOCKED`

// PruneTombstones implements video.Tombstones. The same transaction stores the
// greatest pruned id, for the audit.
func (s *Store) PruneTombstones(ctx context.Context, age time.Duration, limit int) (int, error) {
	const (
		end  = `DELETE FROM deleted_videos WHERE video_id IN (?)`
		note = `INSERT INTO tombstones_pruned (one, last_id) VALUES (1, ?) ON DUPLICATE KEY UPDATE last_id = GREATEST(last_id, VALUES(last_id))`
	)
	var pruned int
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		var ids []int64
		err := tx.SelectContext(ctx, &ids, tombstoneQuery, age.Milliseconds(), limit)
		if pruned = len(ids); err != nil || pruned == 0 {
			return err
		}
		if err := sqldb.ExecIn(ctx, tx, end, ids); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, note, slices.Max(ids))
		return err
	})
	return pruned, sqldb.Wrap("mysql.PruneTombstones", err)
}
