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

	sqlProcessed = `SELECT event_id FROM processed_events WHERE consumer = ? AND event_id IN (?)`

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
	return i.OnceEach(ctx, consumer, []string{eventID}, func(ctx context.Context, tx sqldb.Handle, _ []string) error {
		return fn(ctx, tx)
	})
}

// errProcessed rolls a transaction back when a delivery at the same time was faster
// with one of its events.
var errProcessed = errors.New("an event was processed meanwhile")

// OnceEach is Once for several events: fn has the effects of all fresh events, those
// that the consumer has not processed before, in one transaction. If none is fresh,
// fn does not run.
func (i *Inbox) OnceEach(ctx context.Context, consumer string, eventIDs []string, fn func(ctx context.Context, tx sqldb.Handle, fresh []string) error) error {
	ids := slices.Compact(slices.Sorted(slices.Values(eventIDs))) // in one order, so that two lists do not deadlock
	if len(ids) == 0 {
		return nil
	}
	for {
		err := sqldb.InTx(ctx, i.db, func(ctx context.Context, tx sqldb.Handle) error {
			fresh, err := unprocessed(ctx, tx, consumer, ids)
			if err != nil || len(fresh) == 0 {
				return err
			}
			if err := mark(ctx, tx, consumer, fresh); err != nil {
				return err
			}
			return fn(ctx, tx, fresh)
		})
		if !errors.Is(err, errProcessed) { // otherwise at least one event fewer is fresh
			return sqldb.Wrap("inbox.OnceEach", err)
		}
	}
}

// unprocessed returns the events that are not recorded.
func unprocessed(ctx context.Context, tx sqldb.Handle, consumer string, ids []string) ([]string, error) {
	query, args, err := sqlx.In(sqlProcessed, consumer, ids)
	if err != nil {
		return nil, err
	}
	var processed []string
	if err := tx.SelectContext(ctx, &processed, query, args...); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(processed, id) }), nil
}

// mark records events, or returns errProcessed.
func mark(ctx context.Context, tx sqldb.Handle, consumer string, ids []string) error {
	now := time.Now().UnixMilli()
	args := make([]any, 0, 3*len(ids))
	for _, id := range ids {
		args = append(args, consumer, id, now)
	}
	result, err := tx.ExecContext(ctx, sqldb.Repeat(sqlMark, ", ", len(ids)), args...)
	if err != nil {
		return err
	}
	marked, err := result.RowsAffected()
	if err == nil && marked < int64(len(ids)) {
		err = errProcessed
	}
	return err
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
