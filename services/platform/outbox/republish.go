package outbox

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// BrokerMark is a value kept beside the broker's data, which is lost with them. A
// broker that loses its data (a Redis that is flushed, or restarts with an older
// file) also loses events that nobody has processed yet. The mark is the time of
// its writing, so an older value shows since when events are lost; the relay
// republishes them under their ids, and consumers skip those that they have
// processed.
//
// Only an environment with such a place has a mark: one whose state store and
// broker are the same Redis. Others leave it nil and trust the broker.
type BrokerMark interface {
	// Get returns the value of the last Set that is still there; 0 if there is none.
	Get(ctx context.Context) (int64, error)
	// Set writes the mark.
	Set(ctx context.Context, value int64) error
}

// markState is what a relay knows about the broker mark.
type markState struct {
	checked   time.Time
	set       time.Time
	published int // events since then
}

// pruneState is what a relay knows about the events it keeps.
type pruneState struct {
	counted   time.Time
	beyond    int64 // when the oldest event was published that Keep.OthersOf covers
	published int   // events since the last pruning
}

const (
	sqlMark    = `SELECT mark_ms, ` + sqldb.NowMS + ` AS now_ms FROM outbox_relay WHERE id = 1`
	sqlSetMark = `UPDATE outbox_relay SET mark_ms = GREATEST(mark_ms, ?) WHERE id = 1`

	// Events published since a moment go back to those that are not published, at
	// their old place.
	sqlRepublish = `UPDATE outbox SET published_at_ms = NULL WHERE published_at_ms BETWEEN ? AND ? ORDER BY published_at_ms LIMIT ?`

	sqlPruneAll    = `DELETE FROM outbox WHERE published_at_ms < ` + sqldb.NowMS + ` - ? LIMIT ?`
	sqlPruneOthers = `DELETE FROM outbox WHERE published_at_ms < GREATEST(?, ` + sqldb.NowMS + ` - ?) AND topic NOT IN (?) LIMIT ?`
	sqlBeyondCount = `SELECT COALESCE((SELECT published_at_ms FROM outbox WHERE published_at_ms IS NOT NULL
		ORDER BY published_at_ms DESC LIMIT 1 OFFSET ?), 0)`
)

const (
	// chunk is how many events one statement changes, so that none holds many
	// locks for long.
	chunk = 1000

	// markEvery is the least time between two marks while events are published.
	markEvery = 5 * time.Second
	// markSlack is for a database's clock that goes back a little.
	markSlack = 5 * time.Second

	// markTimeout is short: a broker that hangs is noticed by publishing.
	markTimeout      = 500 * time.Millisecond
	republishTimeout = 30 * time.Second

	pruneEvery  = time.Minute // or Keep.OtherFor, if that is shorter
	pruneChunks = 50
)

// checkMark reads the broker mark at most once per sweep. If it is missing or
// older than the newest that was set, events published since go back into the
// outbox. Failures are logged; the next sweep tries again.
func (r *Relay) checkMark(ctx context.Context) {
	mark := r.options.BrokerMark
	if mark == nil || time.Since(r.mark.checked) < r.options.Sweep {
		return
	}
	r.mark.checked = time.Now()
	reading, cancel := context.WithTimeout(ctx, markTimeout)
	defer cancel()
	var known struct {
		Mark int64 `db:"mark_ms"`
		Now  int64 `db:"now_ms"`
	}
	if r.db.GetContext(reading, &known, sqlMark) != nil {
		return // publishing reports a database that is down
	}
	found, err := mark.Get(reading)
	if err != nil {
		return // and a broker
	}
	lost := found == 0 || found < known.Mark
	if !lost && (r.mark.published == 0 || time.Since(r.mark.set) < markEvery) {
		return
	}
	ctx, cancel = context.WithTimeout(ctx, republishTimeout)
	defer cancel()
	n := 0
	if lost {
		n, err = r.republish(ctx, found-markSlack.Milliseconds(), known.Now)
	}
	if err == nil {
		err = r.setMark(ctx, known.Now)
	}
	switch {
	case err != nil:
		r.options.Log.WarnContext(ctx, "broker mark not set", "republished", n, "error", err.Error())
	case n > 0:
		r.options.Log.WarnContext(ctx, "broker lost data; recent events are republished", "events", n)
	}
}

// setMark writes the mark and then notes it, so that an older mark than the one
// noted shows a loss.
func (r *Relay) setMark(ctx context.Context, now int64) error {
	if err := r.options.BrokerMark.Set(ctx, now); err != nil {
		return err
	}
	_, err := r.db.ExecContext(ctx, sqlSetMark, now)
	if err == nil {
		r.mark.set, r.mark.published = time.Now(), 0
	}
	return sqldb.Wrap("outbox.setMark", err)
}

// republish returns events published in a period to those that are not published,
// and counts them.
func (r *Relay) republish(ctx context.Context, from, to int64) (n int, err error) {
	for {
		result, err := r.db.ExecContext(ctx, sqlRepublish, from, to, chunk)
		if err != nil {
			return n, sqldb.Wrap("outbox.republish", err)
		}
		some, err := result.RowsAffected()
		if err != nil {
			return n, sqldb.Wrap("outbox.republish", err)
		}
		if n += int(some); some < chunk {
			return n, nil
		}
	}
}

// prune deletes published events that are not kept any longer: after every chunk
// of published events, and once a minute.
func (r *Relay) prune(ctx context.Context) {
	keep := r.options.Keep
	every := min(pruneEvery, keep.OtherFor)
	if r.options.BrokerMark == nil || r.pruning.published < chunk && time.Since(r.pruning.counted) < every {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, republishTimeout)
	defer cancel()
	if time.Since(r.pruning.counted) >= every {
		if err := r.db.GetContext(ctx, &r.pruning.beyond, sqlBeyondCount, keep.OthersOf); err != nil {
			return // the next round tries again
		}
		r.pruning.counted = time.Now()
	}
	r.pruning.published = 0
	r.deleteChunks(ctx, sqlPruneAll, keep.RareFor.Milliseconds(), chunk)
	rare := append(slices.Clone(keep.Rare), "") // IN needs a value; no topic is ""
	query, args, err := sqlx.In(sqlPruneOthers, r.pruning.beyond, keep.OtherFor.Milliseconds(), rare, chunk)
	if err == nil {
		r.deleteChunks(ctx, query, args...)
	}
}

// deleteChunks repeats a statement while it deletes a whole chunk. What it leaves,
// the next pruning deletes.
func (r *Relay) deleteChunks(ctx context.Context, statement string, args ...any) {
	for range pruneChunks {
		result, err := r.db.ExecContext(ctx, statement, args...)
		if err != nil {
			return
		}
		if n, err := result.RowsAffected(); err != nil || n < chunk {
			return
		}
	}
}
