// Package inbox makes the effect of an event happen once, however often the
// event is delivered: the id of a processed event is written in the transaction
// of its effect.
//
// The table is not part of a service's migrations: Ensure creates it.
package inbox

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	sqlCreate = `CREATE TABLE IF NOT EXISTS processed_events (
		consumer VARCHAR(100) NOT NULL,
		event_id VARCHAR(100) NOT NULL,
		at_ms    BIGINT NOT NULL,
		PRIMARY KEY (consumer, event_id),
		KEY at_ms (at_ms)
	) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

	// Not INSERT IGNORE, which would also truncate a name that is too long.
	sqlMark = `INSERT INTO processed_events (consumer, event_id, at_ms) VALUES [(?, ?, ?)]
		ON DUPLICATE KEY UPDATE at_ms = at_ms`

	sqlPrune = `DELETE FROM processed_events WHERE at_ms < ? ORDER BY at_ms LIMIT ?`
)

// Kept is how long ids are kept: far longer than a broker or the retries of a
// subscription wait before they deliver an event again.
const Kept = 7 * 24 * time.Hour

// Inbox records the processed events of one database.
type Inbox struct{ db *sqlx.DB }

// New returns the inbox of a database in which Ensure creates the table.
func New(db *sqlx.DB) *Inbox { return &Inbox{db: db} }

// Ensure creates the table if it does not exist.
func Ensure(ctx context.Context, db *sqlx.DB) error {
	_, err := db.ExecContext(ctx, sqlCreate)
	return sqldb.Wrap("inbox.Ensure", err)
}

// Once runs fn in a transaction, unless the consumer has already processed the
// event; then it returns nil. If fn fails, its effect and the record are rolled
// back together, and the event can be delivered again. fn uses only tx and may
// run more than once, as in sqldb.InTx. Concurrent deliveries of one event wait
// for each other; if the first fails, the server aborts all waiting ones except
// one, and InTx runs them again.
//
// consumer names one use of events in this database, such as "activities";
// consumer and eventID have at most 100 characters.
func (i *Inbox) Once(ctx context.Context, consumer, eventID string, fn func(ctx context.Context, tx sqldb.Handle) error) error {
	_, err := i.OnceEach(ctx, consumer, []string{eventID}, fn)
	return err
}

// errProcessed rolls a transaction back that found a processed event.
var errProcessed = errors.New("an event was processed before")

// OnceEach is Once for several events, whose effects fn has together. If one of them
// was processed before, or is in the list twice, nothing is done and done is false:
// the caller then processes each event with Once.
func (i *Inbox) OnceEach(ctx context.Context, consumer string, eventIDs []string, fn func(ctx context.Context, tx sqldb.Handle) error) (done bool, err error) {
	now := time.Now().UnixMilli()
	args := make([]any, 0, 3*len(eventIDs))
	for _, id := range slices.Sorted(slices.Values(eventIDs)) { // so that two lists do not deadlock
		args = append(args, consumer, id, now)
	}
	err = sqldb.InTx(ctx, i.db, func(ctx context.Context, tx sqldb.Handle) error {
		result, err := tx.ExecContext(ctx, sqldb.Repeat(sqlMark, ", ", len(eventIDs)), args...)
		if err != nil {
			return err
		}
		marked, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if marked < int64(len(eventIDs)) {
			return errProcessed
		}
		return fn(ctx, tx)
	})
	if errors.Is(err, errProcessed) {
		return false, nil
	}
	return err == nil, sqldb.Wrap("inbox.OnceEach", err)
}

// pruneChunk limits the rows, and so the locks, of one delete statement.
const pruneChunk = 1000

// Prune deletes the records of events processed before a time and returns their
// number.
func Prune(ctx context.Context, db sqldb.Handle, before time.Time) (int64, error) {
	const op = "inbox.Prune"
	var pruned int64
	for {
		result, err := db.ExecContext(ctx, sqlPrune, before.UnixMilli(), pruneChunk)
		if err != nil {
			return pruned, sqldb.Wrap(op, err)
		}
		n, err := result.RowsAffected()
		pruned += n
		if err != nil || n < pruneChunk {
			return pruned, sqldb.Wrap(op, err)
		}
	}
}

const (
	pruneEvery   = time.Hour
	pruneTimeout = time.Minute
)

// RunPruning deletes records older than Kept, once an hour, until ctx ends.
// Failures are logged; the next run tries again. It returns nil.
func (i *Inbox) RunPruning(ctx context.Context, log *slog.Logger) error {
	ticker := time.NewTicker(pruneEvery)
	defer ticker.Stop()
	for {
		if err := i.pruneOld(ctx); err != nil && ctx.Err() == nil {
			log.Warn("pruning of processed events failed", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (i *Inbox) pruneOld(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pruneTimeout)
	defer cancel()
	_, err := Prune(ctx, i.db, time.Now().Add(-Kept))
	return err
}
