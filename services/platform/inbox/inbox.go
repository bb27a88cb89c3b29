// Package inbox gives the effect of an event once, however often the event is
// delivered: what was processed is written in the transaction of the effect.
//
// The table is not in a service's migrations: Ensure creates it.
package inbox

import (
	"context"
	"log/slog"
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

	// Not INSERT IGNORE, which would also cut a name that is too long.
	sqlMark = `INSERT INTO processed_events (consumer, event_id, at_ms) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE at_ms = at_ms`

	sqlPrune = `DELETE FROM processed_events WHERE at_ms < ? ORDER BY at_ms LIMIT ?`
)

// Kept is how long an event is remembered: far longer than any broker or dead
// letter waits before it is delivered again without an operator's doing.
const Kept = 7 * 24 * time.Hour

// Ensure creates the table where it does not exist.
func Ensure(ctx context.Context, db sqldb.Handle) error {
	_, err := db.ExecContext(ctx, sqlCreate)
	return sqldb.Wrap("inbox.Ensure", err)
}

// Once runs fn in a transaction, unless the consumer has processed the event
// before; then it returns nil. When fn fails, its effect and the mark are
// rolled back together, so that the event can be delivered again. fn works on
// tx alone and may be run more than once, as in sqldb.InTx. Deliveries of one
// event at the same time wait for each other; should the first fail, the server
// gives up those that waited but one, and InTx runs them again.
//
// consumer names one use of the event in this database, as
// "interaction.counts"; both it and eventID have at most 100 characters.
func Once(ctx context.Context, db *sqlx.DB, consumer, eventID string, fn func(ctx context.Context, tx sqldb.Handle) error) error {
	err := sqldb.InTx(ctx, db, func(ctx context.Context, tx sqldb.Handle) error {
		result, err := tx.ExecContext(ctx, sqlMark, consumer, eventID, time.Now().UnixMilli())
		if err != nil {
			return err
		}
		marked, err := result.RowsAffected()
		if err != nil || marked == 0 {
			return err
		}
		return fn(ctx, tx)
	})
	return sqldb.Wrap("inbox.Once", err)
}

// pruneChunk rows are deleted in one statement, so that none holds many locks.
const pruneChunk = 1000

// Prune forgets the events processed before a time and returns how many.
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

// RunPruning forgets events older than Kept, once an hour, until ctx ends.
// Failures are logged; the next hour makes up for them. It returns nil.
func RunPruning(ctx context.Context, db *sqlx.DB, log *slog.Logger) error {
	ticker := time.NewTicker(pruneEvery)
	defer ticker.Stop()
	for {
		if err := pruneOld(ctx, db); err != nil && ctx.Err() == nil {
			log.Warn("processed events are not pruned", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func pruneOld(ctx context.Context, db *sqlx.DB) error {
	ctx, cancel := context.WithTimeout(ctx, pruneTimeout)
	defer cancel()
	_, err := Prune(ctx, db, time.Now().Add(-Kept))
	return err
}
