package mysql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	readPlace  = `SELECT delivered_ms FROM places WHERE session_id = ? AND peer_id = ?`
	writePlace = `INSERT INTO places (session_id, peer_id, delivered_ms, touched_at_ms) VALUES (?, ?, ?, ?)
ON DUPLICATE KEY UPDATE delivered_ms = VALUES(delivered_ms), touched_at_ms = VALUES(touched_at_ms)`
	prunePlaces = `DELETE FROM places WHERE touched_at_ms < ? LIMIT 1000`
)

// Place implements chat.Places.
func (s *Store) Place(ctx context.Context, r chat.Reader) (chat.Place, bool, error) {
	var p chat.Place
	err := s.db.GetContext(ctx, &p.DeliveredMS, readPlace, r.SessionID, r.PeerID)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.Place{}, false, nil
	}
	return p, err == nil, sqldb.Wrap("mysql.Place", err)
}

// SetPlace implements chat.Places.
func (s *Store) SetPlace(ctx context.Context, r chat.Reader, p chat.Place, at time.Time) error {
	_, err := s.db.ExecContext(ctx, writePlace, r.SessionID, r.PeerID, p.DeliveredMS, at.UnixMilli())
	return sqldb.Wrap("mysql.SetPlace", err)
}

// PrunePlaces forgets places that nobody moved since a moment, at most 1,000 of
// them at a time, and tells how many those were.
func (s *Store) PrunePlaces(ctx context.Context, before time.Time) (int64, error) {
	const op = "mysql.PrunePlaces"
	result, err := s.db.ExecContext(ctx, prunePlaces, before.UnixMilli())
	if err != nil {
		return 0, sqldb.Wrap(op, err)
	}
	pruned, err := result.RowsAffected()
	return pruned, sqldb.Wrap(op, err)
}
