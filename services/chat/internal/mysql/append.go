package mysql

import (
	"context"
	"database/sql"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	// The update changes nothing, but locks the row, whether it is new or not.
	lockConversation = `INSERT INTO conversations (low_id, high_id) VALUES (?, ?)
ON DUPLICATE KEY UPDATE last_seq = last_seq`
	readConversation   = `SELECT last_seq, last_ms FROM conversations WHERE low_id = ? AND high_id = ? FOR UPDATE`
	updateConversation = `UPDATE conversations SET last_seq = ?, last_ms = ?, last_id = ?, last_from_id = ?, last_content = ?
WHERE low_id = ? AND high_id = ?`
	insertMessage = `INSERT INTO messages (low_id, high_id, seq, id, from_id, content, request_id, created_at_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	messageByRequest = `SELECT ` + messageColumns + ` FROM messages
WHERE low_id = ? AND high_id = ? AND from_id = ? AND request_id = ?`
)

// Append implements chat.Messages. The lock of the conversation's row makes
// sequence numbers and times follow the order of the commits.
func (s *Store) Append(ctx context.Context, m chat.Message) (chat.Message, error) {
	const op = "mysql.Append"
	key := pairOf(m.FromUserID, m.ToUserID)
	var committed chat.Message
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		var err error
		if committed, err = assignSeq(ctx, tx, key, m); err != nil {
			return err
		}
		if err := insert(ctx, tx, key, committed); err != nil {
			return err
		}
		return outbox.Add(ctx, tx, outbox.Event{
			Topic:   eventv1.TopicMessageSent,
			Subject: eventv1.ChatSubject(key.low, key.high),
			Version: committed.Seq,
			Data: &eventv1.MessageSent{
				MessageId: m.ID, FromUserId: m.FromUserID, ToUserId: m.ToUserID,
				Seq: committed.Seq, CreatedAtMs: committed.CreatedAtMS, Content: m.Content,
			},
		})
	})
	if sqldb.IsDuplicate(err, "one_per_request") {
		var row messageRow
		if err := s.db.GetContext(ctx, &row, messageByRequest, key.low, key.high, m.FromUserID, m.RequestID); err != nil {
			return chat.Message{}, sqldb.Wrap(op, err)
		}
		return row.message(), nil
	}
	if err != nil {
		return chat.Message{}, sqldb.Wrap(op, err)
	}
	s.committed()
	return committed, nil
}

// assignSeq locks the conversation and sets the number and time of the message.
func assignSeq(ctx context.Context, tx sqldb.Handle, key pair, m chat.Message) (chat.Message, error) {
	if _, err := tx.ExecContext(ctx, lockConversation, key.low, key.high); err != nil {
		return m, err
	}
	var last struct {
		Seq int64 `db:"last_seq"`
		MS  int64 `db:"last_ms"`
	}
	if err := tx.GetContext(ctx, &last, readConversation, key.low, key.high); err != nil {
		return m, err
	}
	m.Seq = last.Seq + 1
	m.CreatedAtMS = max(m.CreatedAtMS, last.MS+1)
	return m, nil
}

func insert(ctx context.Context, tx sqldb.Handle, key pair, m chat.Message) error {
	requestID := sql.NullString{String: m.RequestID, Valid: m.RequestID != ""}
	_, err := tx.ExecContext(ctx, insertMessage,
		key.low, key.high, m.Seq, m.ID, m.FromUserID, m.Content, requestID, m.CreatedAtMS)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, updateConversation,
		m.Seq, m.CreatedAtMS, m.ID, m.FromUserID, m.Content, key.low, key.high)
	return err
}
