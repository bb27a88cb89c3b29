package mysql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// uploadRow is a row of the table uploads.
type uploadRow struct {
	VideoID     int64        `db:"video_id"`
	AuthorID    int64        `db:"author_id"`
	ObjectKey   string       `db:"object_key"`
	Layout      video.Layout `db:"layout"`
	PartSize    int64        `db:"part_size"`
	MaxSize     int64        `db:"max_size"`
	Aborting    bool         `db:"aborting"`
	ExpiresAtMs int64        `db:"expires_at_ms"`
	DueAtMs     int64        `db:"due_at_ms"`
}

const uploadColumns = `video_id, author_id, object_key, layout, part_size, max_size, aborting, expires_at_ms, due_at_ms`

// Begin implements video.Uploads. It locks the row of the author first, so that of
// two concurrent calls the second counts the upload of the first.
func (s *Store) Begin(ctx context.Context, authorID int64, allowed video.Allowance, build func(nowMs int64) video.Upload) (video.Upload, error) {
	const (
		lock  = `INSERT INTO authors (author_id, works) VALUES (?, 0) ON DUPLICATE KEY UPDATE works = works`
		count = `SELECT (SELECT COUNT(*) FROM uploads WHERE author_id = ? AND NOT aborting) AS open,
			(SELECT COUNT(*) FROM videos WHERE author_id = ? AND state IN (1, 4)) AS waiting, ` + sqldb.NowMS + ` AS now_ms`
		insert = `INSERT INTO uploads (` + uploadColumns + `) VALUES (:video_id, :author_id, :object_key, :layout, :part_size, :max_size, :aborting, :expires_at_ms, :due_at_ms)`
	)
	var u video.Upload
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		if _, err := tx.ExecContext(ctx, lock, authorID); err != nil {
			return err
		}
		var has struct {
			Open    int   `db:"open"`
			Waiting int   `db:"waiting"`
			NowMs   int64 `db:"now_ms"`
		}
		if err := tx.GetContext(ctx, &has, count, authorID, authorID); err != nil {
			return err
		}
		if has.Open >= allowed.OpenUploads || has.Waiting >= allowed.Waiting {
			return video.ErrUploadsTooMany
		}
		u = build(has.NowMs)
		_, err := tx.NamedExecContext(ctx, insert, uploadRow(u))
		return err
	})
	if err != nil {
		return video.Upload{}, sqldb.Wrap("mysql.Begin", err)
	}
	return u, nil
}

const (
	uploadQuery     = `SELECT ` + uploadColumns + `, ` + sqldb.NowMS + ` AS now_ms FROM uploads WHERE video_id = ?`
	lockUploadQuery = uploadQuery + ` FOR UPDATE`
)

// Upload implements video.Uploads.
func (s *Store) Upload(ctx context.Context, videoID int64) (video.Upload, int64, error) {
	u, nowMs, err := readUpload(ctx, s.db, uploadQuery, videoID)
	return u, nowMs, sqldb.Wrap("mysql.Upload", err)
}

// lockUpload reads an upload and locks its row.
func lockUpload(ctx context.Context, tx sqldb.Handle, videoID int64) (u video.Upload, nowMs int64, err error) {
	return readUpload(ctx, tx, lockUploadQuery, videoID)
}

func readUpload(ctx context.Context, db sqldb.Handle, query string, videoID int64) (u video.Upload, nowMs int64, err error) {
	var row struct {
		uploadRow
		NowMs int64 `db:"now_ms"`
	}
	err = db.GetContext(ctx, &row, query, videoID)
	if errors.Is(err, sql.ErrNoRows) {
		return video.Upload{}, 0, video.ErrUploadUnknown
	}
	return video.Upload(row.uploadRow), row.NowMs, err
}

// Change implements video.Uploads.
func (s *Store) Change(ctx context.Context, videoID int64, change func(u *video.Upload, nowMs int64) error) (video.Upload, error) {
	const update = `UPDATE uploads SET aborting = ?, due_at_ms = ? WHERE video_id = ?`
	var changed video.Upload
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		u, nowMs, err := lockUpload(ctx, tx, videoID)
		if err != nil {
			return err
		}
		if err := change(&u, nowMs); err != nil {
			return err
		}
		changed = u
		_, err = tx.ExecContext(ctx, update, u.Aborting, u.DueAtMs, videoID)
		return err
	})
	if err != nil {
		return video.Upload{}, sqldb.Wrap("mysql.Change", err)
	}
	return changed, nil
}

// claimQuery skips locked rows. The hint keeps its cost constant when many uploads are
// due.
const claimQuery = `SELECT ` + uploadColumns + `, ` + sqldb.NowMS + ` AS now_ms FROM uploads FORCE INDEX (uploads_due) WHERE due_at_ms <= ` + sqldb.NowMS + ` ORDER BY due_at_ms LIMIT ? FOR UPDATE SKIP LOCKED`

// Claim implements video.Uploads. It skips rows that another replica claims or
// commits at the moment. No lock is held while parts are removed: until the new due
// time no other sweeper claims the rows.
func (s *Store) Claim(ctx context.Context, lease time.Duration, limit int) ([]video.Upload, error) {
	const mark = `UPDATE uploads SET aborting = TRUE, due_at_ms = ? WHERE video_id IN (?)`
	var claimed []video.Upload
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		var rows []struct {
			uploadRow
			NowMs int64 `db:"now_ms"`
		}
		if err := tx.SelectContext(ctx, &rows, claimQuery, limit); err != nil {
			return err
		}
		claimed = make([]video.Upload, 0, len(rows))
		ids := make([]int64, 0, len(rows))
		for _, row := range rows {
			row.Aborting, row.DueAtMs = true, row.NowMs+lease.Milliseconds()
			claimed = append(claimed, video.Upload(row.uploadRow))
			ids = append(ids, row.VideoID)
		}
		if len(ids) == 0 {
			return nil
		}
		return sqldb.ExecIn(ctx, tx, mark, claimed[0].DueAtMs, ids)
	})
	if err != nil {
		return nil, sqldb.Wrap("mysql.Claim", err)
	}
	return claimed, nil
}

// Remove implements video.Uploads.
func (s *Store) Remove(ctx context.Context, videoID int64) error {
	const query = `DELETE FROM uploads WHERE video_id = ?`
	_, err := s.db.ExecContext(ctx, query, videoID)
	return sqldb.Wrap("mysql.Remove", err)
}
