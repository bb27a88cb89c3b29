package deadletter

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Handler processes an event of a topic, as the service does when the broker
// delivers it. The id of the event is that of the first delivery.
type Handler func(ctx context.Context, topic string, e cloudevent.Event) error

// Replayer replays the letters of one database that are requested.
type Replayer struct {
	db     *sqlx.DB
	handle Handler
	o      Options
}

// Options tune a Replayer; zero values mean the defaults.
type Options struct {
	Log     *slog.Logger
	Poll    time.Duration // pause between two looks for requests; 2 s
	Lease   time.Duration // how long a claim holds when the program dies; 30 s
	Timeout time.Duration // of one call of the handler; 10 s. It must be below Lease.
}

// NewReplayer returns a Replayer that processes events with handle.
func NewReplayer(db *sqlx.DB, handle Handler, o Options) *Replayer {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Poll == 0 {
		o.Poll = 2 * time.Second
	}
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	return &Replayer{db: db, handle: handle, o: o}
}

// Result counts the letters of a replay.
type Result struct {
	Replayed int       // processed and deleted
	Failed   int       // kept, with the error of their handler
	Refused  []Refusal // not replayed
}

// Run replays what is requested until ctx ends. Failures of the database are
// logged; the next look makes up for them. It returns nil.
func (r *Replayer) Run(ctx context.Context) error {
	ticker := time.NewTicker(r.o.Poll)
	defer ticker.Stop()
	for {
		if result, err := r.pass(ctx, nil); err != nil && ctx.Err() == nil {
			r.o.Log.WarnContext(ctx, "dead letters not replayed", "error", err.Error())
		} else if result.Replayed+result.Failed > 0 {
			r.o.Log.InfoContext(ctx, "dead letters replayed", "replayed", result.Replayed, "failed", result.Failed)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Replay requests the selected letters and replays them before it returns.
// Another Replayer of the same database may take some of them; these are not
// counted. The error says that the database failed; requests that remain are
// then replayed by Run.
func (r *Replayer) Replay(ctx context.Context, f Filter) (Result, error) {
	letters, err := List(ctx, r.db, f)
	if err != nil {
		return Result{}, err
	}
	plan := NewPlan(letters, false)
	if err := plan.Request(ctx, r.db); err != nil {
		return Result{}, err
	}
	result, err := r.pass(ctx, plan.IDs())
	result.Refused = plan.Refused
	return result, err
}

const (
	sqlRequested = `SELECT id FROM dead_letters
		WHERE requested_at_ms IS NOT NULL AND claimed_until_ms < ? ORDER BY requested_at_ms, id LIMIT ?`

	// The attempt counts from its beginning: a letter whose handler ends the
	// whole program must not be replayed for ever.
	sqlClaim = `UPDATE dead_letters SET replays = replays + 1, claimed_until_ms = ?, last_error = ?
		WHERE id = ? AND requested_at_ms IS NOT NULL AND claimed_until_ms < ? AND replays < ?`

	sqlRefuse = `UPDATE dead_letters SET requested_at_ms = NULL, claimed_until_ms = 0
		WHERE id = ? AND requested_at_ms IS NOT NULL AND claimed_until_ms < ? AND replays >= ?`

	sqlFail = `UPDATE dead_letters SET requested_at_ms = NULL, claimed_until_ms = 0, last_error = ? WHERE id = ?`

	sqlDone = `DELETE FROM dead_letters WHERE id = ?`

	interrupted = "the program ended during the replay"
)

// requestChunk is how many requested letters are read at once.
const requestChunk = 100

// pass replays the given letters, or all requested ones for nil, in order.
func (r *Replayer) pass(ctx context.Context, ids []int64) (result Result, err error) {
	for {
		some := ids
		if ids == nil {
			if err := r.db.SelectContext(ctx, &some, sqlRequested, time.Now().UnixMilli(), requestChunk); err != nil {
				return result, sqldb.Wrap("deadletter.Replayer", err)
			}
		}
		for _, id := range some {
			if err := r.replay(ctx, id, &result); err != nil {
				return result, sqldb.Wrap("deadletter.Replayer", err)
			}
		}
		if ids != nil || len(some) == 0 {
			return result, nil
		}
	}
}

// replay processes one letter, unless another Replayer has it or it is gone.
func (r *Replayer) replay(ctx context.Context, id int64, result *Result) error {
	claimed, err := r.claim(ctx, id)
	if err != nil || !claimed {
		return err
	}
	letter, err := Get(ctx, r.db, id)
	if err == nil {
		err = r.call(ctx, letter)
	}
	// The outcome is written even if ctx has ended.
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.o.Timeout)
	defer cancel()
	if err == nil {
		result.Replayed++
		_, err = r.db.ExecContext(finish, sqlDone, id)
		return err
	}
	if ctx.Err() != nil {
		return r.release(finish, id)
	}
	result.Failed++
	r.o.Log.WarnContext(ctx, "dead letter failed again", "id", id, "event", letter.EventID, "topic", letter.SourceTopic, "error", err.Error())
	_, err = r.db.ExecContext(finish, sqlFail, shorten(err.Error()), id)
	return err
}

// claim takes a letter for the time of the lease. A letter that was replayed too
// often gets its request taken away.
func (r *Replayer) claim(ctx context.Context, id int64) (bool, error) {
	now := time.Now()
	until := now.Add(r.o.Lease).UnixMilli()
	result, err := r.db.ExecContext(ctx, sqlClaim, until, interrupted, id, now.UnixMilli(), MaxReplays)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err == nil, err
	}
	result, err = r.db.ExecContext(ctx, sqlRefuse, id, now.UnixMilli(), MaxReplays)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		r.o.Log.WarnContext(ctx, "dead letter replayed too often", "id", id)
		return false, err
	}
	return false, nil
}

const sqlRelease = `UPDATE dead_letters SET replays = replays - 1, claimed_until_ms = 0 WHERE id = ?`

// release gives a letter back whose replay was cut short by the end of the
// program: its request stays and the attempt does not count.
func (r *Replayer) release(ctx context.Context, id int64) error {
	_, err := r.db.ExecContext(ctx, sqlRelease, id)
	return err
}

// call runs the handler. A panic of the handler is its failure.
func (r *Replayer) call(ctx context.Context, letter Letter) (err error) {
	event, err := letter.event()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	return r.handle(ctx, letter.SourceTopic, event)
}

// shorten cuts an error to what its column holds.
func shorten(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), maxError)])
}
