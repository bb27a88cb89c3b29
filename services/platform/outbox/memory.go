package outbox

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Memory knows whether the broker still has what it was given. A broker that
// loses its memory (a Redis that is flushed, or comes back without its file)
// takes events with it that nobody has processed yet; the relay then tells again
// what it told lately. Listeners know the ids of what they have processed.
type Memory interface {
	// Lost tells that the broker has lost something since Remember, or that
	// Remember was never called.
	Lost(ctx context.Context) (bool, error)
	// Remember makes Lost false, until the next loss.
	Remember(ctx context.Context) error
}

const (
	// What was told lately, in the order of telling.
	sqlCreateTold = `CREATE TABLE IF NOT EXISTS outbox_told (
		id             BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
		event_id       CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
		topic          VARCHAR(100) NOT NULL,
		subject        VARCHAR(100) NOT NULL,
		version        BIGINT NOT NULL,
		occurred_at_ms BIGINT NOT NULL,
		traceparent    VARCHAR(55) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
		data           TEXT NOT NULL,
		told_at_ms     BIGINT NOT NULL,
		KEY told_at_ms (told_at_ms)
	) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

	columns = `event_id, topic, subject, version, occurred_at_ms, traceparent, data`

	sqlKeep = `INSERT INTO outbox_told (` + columns + `, told_at_ms) SELECT ` + columns + `, ? FROM outbox WHERE id IN (?) ORDER BY id`

	sqlNewest   = `SELECT COALESCE(MAX(id), 0) FROM outbox_told`
	sqlWaitTurn = `SELECT id FROM outbox_relay WHERE id = 1 FOR UPDATE`
	sqlAgain    = `SELECT id FROM outbox_told WHERE id <= ? AND told_at_ms >= ? ORDER BY id LIMIT ?`
	sqlRetell   = `INSERT INTO outbox (` + columns + `) SELECT ` + columns + ` FROM outbox_told WHERE id IN (?) ORDER BY id`
	sqlForget   = `DELETE FROM outbox_told WHERE id IN (?)`
	sqlForgetBy = `DELETE FROM outbox_told WHERE told_at_ms < ? ORDER BY told_at_ms LIMIT ?`
)

const (
	// chunk is how many events are moved in one transaction.
	chunk = 1000

	// askTimeout is short: a broker that hangs is noticed by publishing.
	askTimeout    = 500 * time.Millisecond
	retellTimeout = 30 * time.Second
)

// keep remembers accepted events before they are deleted.
func (r *Relay) keep(ctx context.Context, tx *sqlx.Tx, accepted []int64) error {
	if r.options.Memory == nil {
		return nil
	}
	return execIn(ctx, tx, sqlKeep, time.Now().UnixMilli(), accepted)
}

func execIn(ctx context.Context, tx sqldb.Handle, query string, args ...any) error {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, query, args...)
	return err
}

// lookBack asks, at most once per sweep, whether the broker still has what it
// was given, and puts what may be lost into the outbox again. Failures are
// logged; the next sweep makes up for them.
func (r *Relay) lookBack(ctx context.Context) {
	memory := r.options.Memory
	if memory == nil || time.Since(r.lookedBack) < r.options.Sweep {
		return
	}
	r.lookedBack = time.Now()
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	lost, err := memory.Lost(asking)
	if err != nil {
		return // whatever ails the broker, publishing tells
	}
	ctx, cancel = context.WithTimeout(ctx, retellTimeout)
	defer cancel()
	if !lost {
		r.forget(ctx)
		return
	}
	again, err := r.retell(ctx)
	if err == nil {
		err = memory.Remember(ctx)
	}
	switch {
	case err != nil:
		r.options.Log.WarnContext(ctx, "what the broker lost is not all told again", "events", again, "error", err.Error())
	case again > 0:
		r.options.Log.WarnContext(ctx, "the broker lost its memory: lately told events are told again", "events", again)
	}
}

// retell moves what was told lately back into the outbox and says how much.
func (r *Relay) retell(ctx context.Context) (again int, err error) {
	since := time.Now().Add(-r.options.Keep).UnixMilli()
	var newest int64
	for {
		var ids []int64
		err := sqldb.InTx(ctx, r.db, func(ctx context.Context, tx sqldb.Handle) error {
			ids = nil
			var one int
			if err := tx.GetContext(ctx, &one, sqlWaitTurn); err != nil {
				return err
			}
			if newest == 0 { // with the turn: no replica is amid a batch that it has published and not kept
				if err := tx.GetContext(ctx, &newest, sqlNewest); err != nil {
					return err
				}
			}
			if err := tx.SelectContext(ctx, &ids, sqlAgain, newest, since, chunk); err != nil || len(ids) == 0 {
				return err
			}
			if err := execIn(ctx, tx, sqlRetell, ids); err != nil {
				return err
			}
			return execIn(ctx, tx, sqlForget, ids)
		})
		if err != nil {
			return again, sqldb.Wrap("outbox.retell", err)
		}
		if again += len(ids); len(ids) < chunk {
			return again, nil
		}
	}
}

// forget deletes some of what was told long ago, more than is told in a sweep.
func (r *Relay) forget(ctx context.Context) {
	for range 10 {
		result, err := r.db.ExecContext(ctx, sqlForgetBy, time.Now().Add(-r.options.Keep).UnixMilli(), chunk)
		if err != nil {
			return
		}
		if n, err := result.RowsAffected(); err != nil || n < chunk {
			return
		}
	}
}
