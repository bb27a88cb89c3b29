package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// BrokerMark is a value kept beside the broker's data, which is lost with them. A
// broker that loses its data (a Redis that is flushed, or restarts with an older
// file) also loses events that nobody has processed yet. The mark is the time of
// its writing, so an older value shows since when events are lost; the relay
// republishes them under their ids, and consumers skip those that they have
// processed.
//
// A mark that is there confirms the events published before it. Those published
// after it may be lost in a crash that the mark survives, because brokers write to
// their disks in order, but late. So after a failure of the broker, and when a
// process starts, events published since the mark are republished too.
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
	published int   // events since then
	doubt     bool  // the broker may have lost events that were published since the mark
	noted     int64 // the newest mark at the last check; 0 before the first
}

const (
	sqlMark = `SELECT mark_ms, ` + sqldb.NowMS + ` AS now_ms FROM outbox_relay WHERE id = 1`

	// Refused when another replica has taken the turn, or has set the mark.
	sqlSetMark = `UPDATE outbox_relay SET mark_ms = ? WHERE id = 1 AND token = ? AND mark_ms = ?`

	// Events published since a moment go back to those that are not published, at
	// their old place.
	sqlRepublish = `UPDATE outbox SET published_at_ms = NULL WHERE published_at_ms >= ? ORDER BY published_at_ms LIMIT ?`
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
)

// marks are the broker mark and its note in the database, read together.
type marks struct {
	Noted int64 `db:"mark_ms"`
	Now   int64 `db:"now_ms"` // the database's time
	found int64 // in the broker
}

// lost reports that the broker lost data: it has an older mark than the one noted.
func (m marks) lost() bool { return m.found == 0 || m.found < m.Noted }

// back reports that the database's clock was set back. The marks are set anew then:
// one of the future would confirm events that are published after it.
func (m marks) back() bool { return m.Noted > m.Now || m.found > m.Now }

// since returns the time from which on published events may be lost.
func (m marks) since(s markState) int64 {
	from := m.found
	if s.doubt && s.noted > 0 {
		from = min(from, s.noted)
	}
	if m.lost() || m.back() {
		from = min(from, m.Now) - markSlack.Milliseconds()
	}
	return from
}

// checkMark reads the broker mark at most once per sweep. If it is missing or
// older than the newest that was set, or if the broker failed meanwhile, events
// published since go back into the outbox. While events are published, it renews
// the mark. Failures are logged; the next sweep tries again.
func (r *Relay) checkMark(ctx context.Context) {
	if r.options.BrokerMark == nil || time.Since(r.mark.checked) < r.options.Sweep {
		return
	}
	r.mark.checked = time.Now()
	m, err := r.readMarks(ctx)
	if err != nil || !r.due(m) {
		return // publishing reports what is down
	}
	if mine, err := r.turn.take(ctx, r.db); err != nil || !mine {
		return // the replica that has the turn does the same
	}
	if m, err = r.readMarks(ctx); err != nil || !r.due(m) {
		return
	}
	n := 0
	if m.lost() || r.mark.doubt {
		n, err = r.republish(ctx, m.since(r.mark))
	}
	if err == nil {
		r.mark.doubt = false
		err = r.setMark(ctx, m)
	}
	switch {
	case err != nil:
		r.options.Log.WarnContext(ctx, "broker mark not set", "republished", n, "error", err.Error())
	case n > 0:
		r.options.Log.WarnContext(ctx, "broker lost data or failed; recent events are republished", "events", n)
	}
}

// due reports whether the marks require a change, for which the relay needs the turn.
func (r *Relay) due(m marks) bool {
	if r.mark.noted > 0 && m.Noted > r.mark.noted {
		r.mark.doubt = false // another replica saw the same and has set the mark since
	}
	if !r.mark.doubt || r.mark.noted == 0 {
		r.mark.noted = m.Noted
	}
	renew := r.mark.published > 0 && time.Since(r.mark.set) >= markEvery
	return m.found != m.Noted || m.back() || r.mark.doubt || renew
}

// readMarks reads both marks. A broker that fails may be one that crashed.
func (r *Relay) readMarks(ctx context.Context) (m marks, err error) {
	ctx, cancel := context.WithTimeout(ctx, markTimeout)
	defer cancel()
	if err := r.db.GetContext(ctx, &m, sqlMark); err != nil {
		return marks{}, err
	}
	m.found, err = r.options.BrokerMark.Get(ctx)
	if err != nil {
		r.mark.doubt = true
	}
	return m, err
}

// errOvertaken is a mark that is not noted.
var errOvertaken = errors.New("another replica has taken the turn")

// setMark writes the mark in this replica's turn and then notes it, so that an
// older mark than the one noted shows a loss.
func (r *Relay) setMark(ctx context.Context, m marks) error {
	ctx, cancel := context.WithDeadline(ctx, r.turn.until)
	defer cancel()
	setting, cancelSet := context.WithTimeout(ctx, markTimeout)
	defer cancelSet()
	if err := r.options.BrokerMark.Set(setting, m.Now); err != nil {
		return err
	}
	const op = "outbox.setMark"
	if m.Now != m.Noted {
		result, err := r.db.ExecContext(ctx, sqlSetMark, m.Now, r.turn.token, m.Noted)
		if err != nil {
			return sqldb.Wrap(op, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return sqldb.Wrap(op, errors.Join(errOvertaken, err))
		}
	}
	r.mark.set, r.mark.published, r.mark.noted = time.Now(), 0, m.Now
	return nil
}

// confirm sets the mark at the end of a process, so that the next one republishes
// nothing. If that fails, events are only republished.
func (r *Relay) confirm(ctx context.Context) {
	if r.options.BrokerMark == nil || r.mark.published == 0 || r.mark.doubt || r.outage.lasts() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*markTimeout)
	defer cancel()
	if mine, err := r.turn.take(ctx, r.db); err != nil || !mine {
		return
	}
	if m, err := r.readMarks(ctx); err == nil && m.found == m.Noted {
		_ = r.setMark(ctx, m)
	}
}

// republish returns events published since a moment to those that are not
// published, and counts them. It keeps the turn: otherwise a replica that publishes
// meanwhile would never let it end.
func (r *Relay) republish(ctx context.Context, from int64) (n int, err error) {
	const op = "outbox.republish"
	ctx, cancel := context.WithTimeout(ctx, republishTimeout)
	defer cancel()
	for {
		result, err := r.db.ExecContext(ctx, sqlRepublish, from, chunk)
		if err != nil {
			return n, sqldb.Wrap(op, err)
		}
		some, err := result.RowsAffected()
		if err != nil {
			return n, sqldb.Wrap(op, err)
		}
		if n += int(some); some < chunk {
			return n, nil
		}
		if mine, err := r.turn.take(ctx, r.db); err != nil || !mine {
			return n, sqldb.Wrap(op, errors.Join(errOvertaken, err))
		}
	}
}
