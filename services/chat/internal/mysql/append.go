package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	// lockConversations locks in the order in which all batches do.
	lockConversations = `SELECT low_id, high_id, last_seq, last_ms FROM conversations FORCE INDEX (PRIMARY)
WHERE (low_id, high_id) IN ([(?, ?)]) ORDER BY low_id, high_id FOR UPDATE`
	// insertConversations fails if another transaction created one since it was
	// looked for.
	insertConversations = `INSERT INTO conversations (low_id, high_id, last_seq, last_ms, last_id, last_from_id, last_content)
VALUES [(?, ?, ?, ?, ?, ?, ?)]`
	// updateConversations is for rows that are locked.
	updateConversations = insertConversations + `
ON DUPLICATE KEY UPDATE last_seq = VALUES(last_seq), last_ms = VALUES(last_ms), last_id = VALUES(last_id),
  last_from_id = VALUES(last_from_id), last_content = VALUES(last_content)`
	insertMessages = `INSERT INTO messages (low_id, high_id, seq, id, from_id, content, request_id, created_at_ms)
VALUES [(?, ?, ?, ?, ?, ?, ?, ?)]`
	messagesByRequest = `SELECT ` + messageColumns + ` FROM messages FORCE INDEX (one_per_request)
WHERE (low_id, high_id, from_id, request_id) IN ([(?, ?, ?, ?)])`
)

// appendAttempts bounds how often a batch starts anew because another replica
// created the same conversation.
const appendAttempts = 4

// Append implements chat.Batches. The number of statements does not depend on the
// number of messages. The lock of a conversation's row makes sequence numbers and
// times follow the order of the commits.
func (s *Store) Append(ctx context.Context, writes []chat.Write) ([]chat.Message, error) {
	for attempt := 1; ; attempt++ {
		var b *batch
		err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
			b = newBatch(writes)
			return b.run(ctx, tx)
		})
		switch {
		case err == nil:
			if len(b.events) > 0 {
				s.committed()
			}
			return b.committed, nil
		case attempt == appendAttempts || !createdMeanwhile(err):
			if sqldb.OutcomeUnknown(err) {
				s.committed()
			}
			return nil, sqldb.Wrap("mysql.Append", err)
		}
	}
}

// createdMeanwhile reports that another transaction created a conversation of the
// batch. The next attempt locks it.
func createdMeanwhile(err error) bool {
	return sqldb.IsDuplicate(err, "PRIMARY") || sqldb.IsDuplicate(err, "one_per_request")
}

// conversation is a row of conversations with its new messages.
type conversation struct {
	LowID  int64 `db:"low_id"`
	HighID int64 `db:"high_id"`
	Seq    int64 `db:"last_seq"`
	MS     int64 `db:"last_ms"`
	stored bool  // the row exists
	added  []chat.Message
}

type requestKey struct {
	pair      pair
	fromID    int64
	requestID string
}

func requestOf(m chat.Message) requestKey {
	return requestKey{pairOf(m.FromUserID, m.ToUserID), m.FromUserID, m.RequestID}
}

// batch is one attempt to commit messages. It locks their conversations, numbers the
// messages in memory, and stores them.
type batch struct {
	writes        []chat.Write
	committed     []chat.Message
	conversations map[pair]*conversation
	requests      map[requestKey]chat.Message // the first message with a request id
	events        []outbox.Event
}

func newBatch(writes []chat.Write) *batch {
	return &batch{
		writes: writes, committed: make([]chat.Message, len(writes)),
		conversations: map[pair]*conversation{}, requests: map[requestKey]chat.Message{},
	}
}

func (b *batch) run(ctx context.Context, tx sqldb.Handle) error {
	if err := b.lock(ctx, tx); err != nil {
		return err
	}
	if err := b.readRequests(ctx, tx); err != nil {
		return err
	}
	for i, w := range b.writes {
		b.committed[i] = b.add(w)
	}
	if err := b.storeConversations(ctx, tx); err != nil {
		return err
	}
	if err := b.storeMessages(ctx, tx); err != nil {
		return err
	}
	return outbox.Add(ctx, tx, b.events...)
}

// inOrder returns the keys of the conversations in the order of their locks.
func (b *batch) inOrder() []pair {
	return slices.SortedFunc(maps.Keys(b.conversations), func(p, q pair) int {
		return cmp.Or(cmp.Compare(p.low, q.low), cmp.Compare(p.high, q.high))
	})
}

func (b *batch) lock(ctx context.Context, tx sqldb.Handle) error {
	for _, w := range b.writes {
		key := pairOf(w.Message.FromUserID, w.Message.ToUserID)
		b.conversations[key] = &conversation{LowID: key.low, HighID: key.high}
	}
	var args []any
	for _, key := range b.inOrder() {
		args = append(args, key.low, key.high)
	}
	if len(args) == 0 {
		return nil
	}
	var rows []*conversation
	if err := tx.SelectContext(ctx, &rows, sqldb.Repeat(lockConversations, ", ", len(args)/2), args...); err != nil {
		return err
	}
	for _, row := range rows {
		row.stored = true
		b.conversations[pair{row.LowID, row.HighID}] = row
	}
	return nil
}

// readRequests reads the messages that were sent with the request ids of the batch.
// Whoever uses one of them needs the lock of the conversation, or creates it and
// makes the insertion fail.
func (b *batch) readRequests(ctx context.Context, tx sqldb.Handle) error {
	var args []any
	for _, w := range b.writes {
		if w.Message.RequestID != "" {
			key := requestOf(w.Message)
			args = append(args, key.pair.low, key.pair.high, key.fromID, key.requestID)
		}
	}
	if len(args) == 0 {
		return nil
	}
	var rows []messageRow
	if err := tx.SelectContext(ctx, &rows, sqldb.Repeat(messagesByRequest, ", ", len(args)/4), args...); err != nil {
		return err
	}
	for _, row := range rows {
		m := row.message()
		b.requests[requestOf(m)] = m
	}
	return nil
}

// add numbers a message, unless its request id was used before.
func (b *batch) add(w chat.Write) chat.Message {
	m, key := w.Message, requestOf(w.Message)
	if first, used := b.requests[key]; used && m.RequestID != "" {
		return first
	}
	c := b.conversations[key.pair]
	c.Seq, c.MS = c.Seq+1, max(m.CreatedAtMS, c.MS+1)
	m.Seq, m.CreatedAtMS = c.Seq, c.MS
	c.added = append(c.added, m)
	b.requests[key] = m
	b.events = append(b.events, outbox.Event{
		Topic:   eventv1.TopicMessageSent,
		Subject: eventv1.ChatSubject(key.pair.low, key.pair.high),
		Version: m.Seq,
		Data: &eventv1.MessageSent{
			MessageId: m.ID, FromUserId: m.FromUserID, ToUserId: m.ToUserID,
			Seq: m.Seq, CreatedAtMs: m.CreatedAtMS, Content: m.Content,
		},
		TraceParent: w.TraceParent,
	})
	return m
}

// storeConversations writes the newest message of each conversation that has a new
// one.
func (b *batch) storeConversations(ctx context.Context, tx sqldb.Handle) error {
	var inserts, updates []any
	for _, key := range b.inOrder() {
		c := b.conversations[key]
		if len(c.added) == 0 {
			continue
		}
		newest := c.added[len(c.added)-1]
		values := []any{c.LowID, c.HighID, c.Seq, c.MS, newest.ID, newest.FromUserID, newest.Content}
		if c.stored {
			updates = append(updates, values...)
		} else {
			inserts = append(inserts, values...)
		}
	}
	if err := execRows(ctx, tx, insertConversations, 7, inserts); err != nil {
		return err
	}
	return execRows(ctx, tx, updateConversations, 7, updates)
}

func (b *batch) storeMessages(ctx context.Context, tx sqldb.Handle) error {
	var values []any
	for _, key := range b.inOrder() {
		for _, m := range b.conversations[key].added {
			requestID := sql.NullString{String: m.RequestID, Valid: m.RequestID != ""}
			values = append(values, key.low, key.high, m.Seq, m.ID, m.FromUserID, m.Content, requestID, m.CreatedAtMS)
		}
	}
	return execRows(ctx, tx, insertMessages, 8, values)
}

// execRows runs a statement for rows of so many values, if there are any.
func execRows(ctx context.Context, tx sqldb.Handle, statement string, columns int, values []any) error {
	if len(values) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, sqldb.Repeat(statement, ", ", len(values)/columns), values...)
	return err
}
