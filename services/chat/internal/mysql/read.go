package mysql

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	messageColumns = `id, low_id, high_id, from_id, content, COALESCE(request_id, '') AS request_id, created_at_ms, seq`
	newest         = `SELECT ` + messageColumns + ` FROM messages WHERE low_id = ? AND high_id = ? ORDER BY seq DESC LIMIT ?`
	before         = `SELECT ` + messageColumns + ` FROM messages
WHERE low_id = ? AND high_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`
	peerAfter = `SELECT ` + messageColumns + ` FROM messages
WHERE low_id = ? AND high_id = ? AND from_id = ? AND created_at_ms > ? ORDER BY created_at_ms LIMIT ?`
	peerTime = `SELECT COUNT(*) FROM messages WHERE low_id = ? AND high_id = ? AND from_id = ? AND created_at_ms = ?`
	// The user is the smaller id with some peers and the larger with others.
	latest = `SELECT last_id AS id, low_id, high_id, last_from_id AS from_id, last_content AS content,
  '' AS request_id, last_ms AS created_at_ms, last_seq AS seq
FROM conversations WHERE last_seq > 0 AND ((low_id = ? AND high_id IN (?)) OR (high_id = ? AND low_id IN (?)))`
)

type messageRow struct {
	ID          int64  `db:"id"`
	LowID       int64  `db:"low_id"`
	HighID      int64  `db:"high_id"`
	FromID      int64  `db:"from_id"`
	Content     string `db:"content"`
	RequestID   string `db:"request_id"`
	CreatedAtMS int64  `db:"created_at_ms"`
	Seq         int64  `db:"seq"`
}

func (r messageRow) message() chat.Message {
	to := r.LowID
	if r.FromID == r.LowID {
		to = r.HighID
	}
	return chat.Message{
		ID: r.ID, FromUserID: r.FromID, ToUserID: to, Content: r.Content, RequestID: r.RequestID,
		CreatedAtMS: r.CreatedAtMS, Seq: r.Seq,
	}
}

func messagesOf(rows []messageRow) []chat.Message {
	messages := make([]chat.Message, len(rows))
	for i, row := range rows {
		messages[i] = row.message()
	}
	return messages
}

// Newest implements chat.Messages.
func (s *Store) Newest(ctx context.Context, a, b int64, limit int) ([]chat.Message, error) {
	key := pairOf(a, b)
	var rows []messageRow
	if err := s.db.SelectContext(ctx, &rows, newest, key.low, key.high, limit); err != nil {
		return nil, sqldb.Wrap("mysql.Newest", err)
	}
	slices.Reverse(rows)
	return messagesOf(rows), nil
}

// Before implements chat.Messages.
func (s *Store) Before(ctx context.Context, a, b, beforeSeq int64, limit int) ([]chat.Message, error) {
	key := pairOf(a, b)
	var rows []messageRow
	if err := s.db.SelectContext(ctx, &rows, before, key.low, key.high, beforeSeq, limit); err != nil {
		return nil, sqldb.Wrap("mysql.Before", err)
	}
	slices.Reverse(rows)
	return messagesOf(rows), nil
}

// PeerAfter implements chat.Messages.
func (s *Store) PeerAfter(ctx context.Context, readerID, peerID, afterMS int64, limit int) ([]chat.Message, error) {
	key := pairOf(readerID, peerID)
	var rows []messageRow
	err := s.db.SelectContext(ctx, &rows, peerAfter, key.low, key.high, peerID, afterMS, limit)
	return messagesOf(rows), sqldb.Wrap("mysql.PeerAfter", err)
}

// IsPeerTime implements chat.Messages.
func (s *Store) IsPeerTime(ctx context.Context, readerID, peerID, atMS int64) (bool, error) {
	key := pairOf(readerID, peerID)
	var found int
	err := s.db.GetContext(ctx, &found, peerTime, key.low, key.high, peerID, atMS)
	return found > 0, sqldb.Wrap("mysql.IsPeerTime", err)
}

// Latest implements chat.Messages.
func (s *Store) Latest(ctx context.Context, userID int64, peerIDs []int64) ([]chat.Message, error) {
	const op = "mysql.Latest"
	if len(peerIDs) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(latest, userID, peerIDs, userID, peerIDs)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	var rows []messageRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	return messagesOf(rows), nil
}
