package outbox

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// BrokerMark is a value kept beside the broker's data, which is lost when they
// are lost. A broker that loses its data (a Redis that is flushed, or restarts
// without its file) also loses events that nobody has processed yet. The relay
// notices the missing mark and republishes recent events under their old ids;
// consumers skip ids they have already processed.
//
// Only an environment with such a place has a mark: one whose state store and
// broker are the same Redis. Others leave it nil and trust the broker.
type BrokerMark interface {
	// Missing reports whether the mark was lost since Set, or was never set.
	Missing(ctx context.Context) (bool, error)
	// Set writes the mark.
	Set(ctx context.Context) error
}

const (
	// Recently published events, in the order of publishing.
	sqlCreatePublished = `CREATE TABLE IF NOT EXISTS outbox_told (
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

	sqlNewest    = `SELECT COALESCE(MAX(id), 0) FROM outbox_told`
	sqlWaitTurn  = `SELECT id FROM outbox_relay WHERE id = 1 FOR UPDATE`
	sqlRecent    = `SELECT id FROM outbox_told WHERE id <= ? AND told_at_ms >= ? ORDER BY id LIMIT ?`
	sqlRepublish = `INSERT INTO outbox (` + columns + `) SELECT ` + columns + ` FROM outbox_told WHERE id IN (?) ORDER BY id`
	sqlForget    = `DELETE FROM outbox_told WHERE id IN (?)`
	sqlPrune     = `DELETE FROM outbox_told WHERE told_at_ms < ? ORDER BY told_at_ms LIMIT ?`
)

const (
	// chunk is how many events are moved in one transaction.
	chunk = 1000

	// markTimeout is short: a broker that hangs is noticed by publishing.
	markTimeout      = 500 * time.Millisecond
	republishTimeout = 30 * time.Second
)

// keep copies accepted events to outbox_told before they are deleted.
func (r *Relay) keep(ctx context.Context, tx *sqlx.Tx, accepted []int64) error {
	if r.options.BrokerMark == nil {
		return nil
	}
	return sqldb.ExecIn(ctx, tx, sqlKeep, time.Now().UnixMilli(), accepted)
}

// checkMark reads the broker mark at most once per sweep. If it is missing,
// recent events go back into the outbox. Failures are logged; the next sweep
// tries again.
func (r *Relay) checkMark(ctx context.Context) {
	mark := r.options.BrokerMark
	if mark == nil || time.Since(r.markChecked) < r.options.Sweep {
		return
	}
	r.markChecked = time.Now()
	reading, cancel := context.WithTimeout(ctx, markTimeout)
	defer cancel()
	missing, err := mark.Missing(reading)
	if err != nil {
		return // publishing reports a broker that is down
	}
	ctx, cancel = context.WithTimeout(ctx, republishTimeout)
	defer cancel()
	if !missing {
		r.prune(ctx)
		return
	}
	n, err := r.republish(ctx)
	if err == nil {
		err = mark.Set(ctx)
	}
	switch {
	case err != nil:
		r.options.Log.WarnContext(ctx, "republishing of recent events failed", "events", n, "error", err.Error())
	case n > 0:
		r.options.Log.WarnContext(ctx, "broker lost its data; recent events are republished", "events", n)
	}
}

// republish moves recently published events back into the outbox and returns
// their number.
func (r *Relay) republish(ctx context.Context) (n int, err error) {
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
			// Read while holding the turn: no replica is between publishing a batch
			// and keeping it.
			if newest == 0 {
				if err := tx.GetContext(ctx, &newest, sqlNewest); err != nil {
					return err
				}
			}
			if err := tx.SelectContext(ctx, &ids, sqlRecent, newest, since, chunk); err != nil || len(ids) == 0 {
				return err
			}
			if err := sqldb.ExecIn(ctx, tx, sqlRepublish, ids); err != nil {
				return err
			}
			return sqldb.ExecIn(ctx, tx, sqlForget, ids)
		})
		if err != nil {
			return n, sqldb.Wrap("outbox.republish", err)
		}
		if n += len(ids); len(ids) < chunk {
			return n, nil
		}
	}
}

// prune deletes some events that were published more than Options.Keep ago: more
// per sweep than a relay publishes in one.
func (r *Relay) prune(ctx context.Context) {
	for range 10 {
		result, err := r.db.ExecContext(ctx, sqlPrune, time.Now().Add(-r.options.Keep).UnixMilli(), chunk)
		if err != nil {
			return
		}
		if n, err := result.RowsAffected(); err != nil || n < chunk {
			return
		}
	}
}
