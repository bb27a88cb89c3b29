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
	selectPosition = `SELECT delivered_ms, since_ms, previous_ms FROM places WHERE session_id = ? AND peer_id = ?`
	upsertPosition = `INSERT INTO places (session_id, peer_id, delivered_ms, since_ms, previous_ms, touched_at_ms)
VALUES (?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE delivered_ms = VALUES(delivered_ms), since_ms = VALUES(since_ms),
  previous_ms = VALUES(previous_ms), touched_at_ms = VALUES(touched_at_ms)`
	prunePositions = `DELETE FROM places WHERE touched_at_ms < ? LIMIT 1000`
)

// DeliveryPosition implements chat.DeliveryPositions.
func (s *Store) DeliveryPosition(ctx context.Context, r chat.Reader) (chat.DeliveryPosition, bool, error) {
	var row struct {
		DeliveredMS int64 `db:"delivered_ms"`
		SinceMS     int64 `db:"since_ms"`
		PreviousMS  int64 `db:"previous_ms"`
	}
	err := s.db.GetContext(ctx, &row, selectPosition, r.SessionID, r.PeerID)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.DeliveryPosition{}, false, nil
	}
	return chat.DeliveryPosition(row), err == nil, sqldb.Wrap("mysql.DeliveryPosition", err)
}

// SetDeliveryPosition implements chat.DeliveryPositions.
func (s *Store) SetDeliveryPosition(ctx context.Context, r chat.Reader, p chat.DeliveryPosition, at time.Time) error {
	_, err := s.db.ExecContext(ctx, upsertPosition,
		r.SessionID, r.PeerID, p.DeliveredMS, p.SinceMS, p.PreviousMS, at.UnixMilli())
	return sqldb.Wrap("mysql.SetDeliveryPosition", err)
}

// PruneDeliveryPositions implements chat.PositionPruner. It deletes at most 1,000
// rows.
func (s *Store) PruneDeliveryPositions(ctx context.Context, before time.Time) (int64, error) {
	const op = "mysql.PruneDeliveryPositions"
	result, err := s.db.ExecContext(ctx, prunePositions, before.UnixMilli())
	if err != nil {
		return 0, sqldb.Wrap(op, err)
	}
	pruned, err := result.RowsAffected()
	return pruned, sqldb.Wrap(op, err)
}
