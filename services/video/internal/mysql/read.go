package mysql

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// newestQuery reads as many entries of the index videos_shown as it returns, which a
// test of its plan checks. A video has shown_at_ms if and only if it is ready.
const newestQuery = `SELECT ` + videoColumns + ` FROM videos WHERE shown_at_ms < ? ORDER BY shown_at_ms DESC LIMIT ?`

// Newest implements video.Videos.
func (s *Store) Newest(ctx context.Context, beforeMs int64, limit int) ([]video.Video, error) {
	return s.list(ctx, "mysql.Newest", newestQuery, beforeMs, limit)
}

// The index videos_author serves both with the order. Few videos of an author are
// not ready. 2 is video.StateReady. Without the hint a server may use videos_waiting
// and sort the rows.
const (
	ownQuery      = `SELECT ` + videoColumns + progressColumn + ` FROM videos FORCE INDEX (videos_author) WHERE author_id = ? AND published_at_ms < ? ORDER BY published_at_ms DESC LIMIT ?`
	byAuthorQuery = `SELECT ` + videoColumns + ` FROM videos FORCE INDEX (videos_author) WHERE author_id = ? AND state = 2 AND published_at_ms < ? ORDER BY published_at_ms DESC LIMIT ?`
)

// ByAuthor implements video.Videos.
func (s *Store) ByAuthor(ctx context.Context, authorID, beforeMs int64, limit int, own bool) ([]video.Video, error) {
	query := byAuthorQuery
	if own {
		query = ownQuery
	}
	return s.list(ctx, "mysql.ByAuthor", query, authorID, beforeMs, limit)
}

// ByIDs implements video.Videos.
func (s *Store) ByIDs(ctx context.Context, ids []int64) ([]video.Video, error) {
	const (
		op  = "mysql.ByIDs"
		sql = `SELECT ` + videoColumns + progressColumn + ` FROM videos WHERE id IN (?)`
	)
	query, args, err := sqlx.In(sql, ids)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	return s.list(ctx, op, query, args...)
}

// Existing implements video.Videos.
func (s *Store) Existing(ctx context.Context, ids []int64) ([]int64, error) {
	const (
		op  = "mysql.Existing"
		sql = `SELECT id FROM videos WHERE id IN (?)`
	)
	query, args, err := sqlx.In(sql, ids)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	var existing []int64
	err = s.db.SelectContext(ctx, &existing, query, args...)
	return existing, sqldb.Wrap(op, err)
}

func (s *Store) list(ctx context.Context, op, query string, args ...any) ([]video.Video, error) {
	var rows []videoRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	videos, err := fromRows(rows)
	return videos, sqldb.Wrap(op, err)
}

// Works implements video.Videos.
func (s *Store) Works(ctx context.Context, authorIDs []int64) (map[int64]int64, error) {
	const (
		op  = "mysql.Works"
		sql = `SELECT author_id, works FROM authors WHERE author_id IN (?)`
	)
	query, args, err := sqlx.In(sql, authorIDs)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	var rows []struct {
		AuthorID int64 `db:"author_id"`
		Works    int64 `db:"works"`
	}
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	works := make(map[int64]int64, len(rows))
	for _, row := range rows {
		works[row.AuthorID] = row.Works
	}
	return works, nil
}
