package deadletter

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Publisher takes events to a broker.
type Publisher interface {
	// PublishAll publishes events to one topic. err is nil when the broker has
	// them all.
	PublishAll(ctx context.Context, topic string, events []cloudevent.Event) (failed []int, err error)
}

// Reasons of the errors here.
const (
	reasonMissing    = "DEAD_LETTER_MISSING"
	reasonUnreadable = "DEAD_LETTER_UNREADABLE"
)

const (
	sqlTake    = `SELECT source_topic, payload FROM dead_letters WHERE id = ? FOR UPDATE`
	sqlDiscard = `DELETE FROM dead_letters WHERE id = ?`
)

// Replay publishes a letter to the topic it came from, in its own envelope, and
// deletes it. Every consumer of that topic gets it, and those that have
// processed it know its id. A letter that could not be published, or not
// deleted afterwards, stays.
//
// The errors are NotFound for a letter that is not there and Invalid for one
// that is no event, which can only be discarded.
func Replay(ctx context.Context, db *sqlx.DB, publisher Publisher, id int64) error {
	const op = "deadletter.Replay"
	// Not InTx, which may run its function twice.
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return sqldb.Wrap(op, err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit

	topic, event, err := take(ctx, tx, id)
	if err != nil {
		return sqldb.Wrap(op, err)
	}
	// The row goes before the event does: should the event fail again at once,
	// Store waits for the commit and then keeps it anew. In the other order it
	// would find the row, leave it alone, and the row would be deleted.
	if _, err := tx.ExecContext(ctx, sqlDiscard, id); err != nil {
		return sqldb.Wrap(op, err)
	}
	if _, err := publisher.PublishAll(ctx, topic, []cloudevent.Event{event}); err != nil {
		return errs.Wrap(op, err)
	}
	return sqldb.Wrap(op, tx.Commit())
}

func take(ctx context.Context, tx sqldb.Handle, id int64) (topic string, event cloudevent.Event, err error) {
	var letter Letter
	if err := tx.GetContext(ctx, &letter, sqlTake, id); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = errs.New(errs.NotFound, reasonMissing, "there is no such dead letter")
		}
		return "", event, err
	}
	if letter.SourceTopic == "" {
		return "", event, errs.New(errs.Invalid, reasonUnreadable, "this dead letter is no event; it can only be discarded")
	}
	err = json.Unmarshal(letter.Payload, &event)
	return letter.SourceTopic, event, err
}

// Discard deletes a letter for good. NotFound is the error for one that is not
// there.
func Discard(ctx context.Context, db sqldb.Handle, id int64) error {
	const op = "deadletter.Discard"
	result, err := db.ExecContext(ctx, sqlDiscard, id)
	if err != nil {
		return sqldb.Wrap(op, err)
	}
	deleted, err := result.RowsAffected()
	if err == nil && deleted == 0 {
		err = errs.New(errs.NotFound, reasonMissing, "there is no such dead letter")
	}
	return sqldb.Wrap(op, err)
}
