package deadletter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Handler processes an event of a topic, as the service does when the broker
// delivers it. The id of the event is that of the first delivery.
type Handler func(ctx context.Context, topic string, e cloudevent.Event) error

// Replayer replays the letters of one database: those that are requested, and
// those whose retry is due.
type Replayer struct {
	db     *sqlx.DB
	handle Handler
	o      Options
}

// Options tune a Replayer; zero values mean the defaults.
type Options struct {
	Log     *slog.Logger
	Poll    time.Duration // pause between two looks for letters; 2 s
	Lease   time.Duration // how long a claim holds when the program dies; 30 s
	Timeout time.Duration // from the claim of a letter to the end of its handler; 10 s, at most half of Lease
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
	o.Timeout = min(o.Timeout, o.Lease/2) // the outcome is written before the lease ends
	return &Replayer{db: db, handle: handle, o: o}
}

// Result counts the letters of a replay.
type Result struct {
	Replayed int       // processed and deleted
	Failed   int       // kept, with the error of their handler
	Refused  []Refusal // not replayed
}

// Run replays what is requested or due until ctx ends. Failures of the database
// are logged; the next look makes up for them. It returns nil.
func (r *Replayer) Run(ctx context.Context) error {
	ticker := time.NewTicker(r.o.Poll)
	defer ticker.Stop()
	for {
		if result, err := r.all(ctx); err != nil && ctx.Err() == nil {
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
	result := Result{Refused: plan.Refused}
	err = r.replay(ctx, requested(), plan.IDs(), &result)
	return result, err
}

// chunkRead is how many letters are read at once.
const chunkRead = 100

// all replays the requested letters and those whose retry is due, in order.
func (r *Replayer) all(ctx context.Context) (result Result, err error) {
	for _, k := range []kind{requested(), due()} {
		for {
			ids, err := r.find(ctx, k)
			if err != nil {
				return result, sqldb.Wrap(opReplay, err)
			}
			if len(ids) == 0 {
				break
			}
			if err := r.replay(ctx, k, ids, &result); err != nil {
				return result, err
			}
		}
	}
	return result, nil
}

const opReplay = "deadletter.Replayer"

func (r *Replayer) find(ctx context.Context, k kind) (ids []int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	err = r.db.SelectContext(ctx, &ids, k.find, append(slices.Clone(k.findArgs), chunkRead)...)
	return ids, err
}

// replay processes the letters of the ids one after the other.
func (r *Replayer) replay(ctx context.Context, k kind, ids []int64, result *Result) error {
	for _, id := range ids {
		if err := r.one(ctx, k, id, result); err != nil {
			return sqldb.Wrap(opReplay, err)
		}
	}
	return nil
}

// one processes a letter, unless another Replayer has it or it is gone. The error
// says that the database failed.
func (r *Replayer) one(ctx context.Context, k kind, id int64, result *Result) error {
	// One limit for all that happens under the claim: nothing outlives the lease.
	working, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	c, claimed, err := r.claim(working, k, id)
	if err != nil || !claimed {
		return err
	}
	letter, readErr := Get(working, r.db, id)
	if errs.CodeOf(readErr) == errs.NotFound {
		return nil // discarded meanwhile
	}
	var handleErr error
	if readErr == nil {
		handleErr = r.call(working, letter)
	}

	// The outcome is written even if ctx has ended.
	finishing, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.o.Timeout)
	defer cancel()
	switch {
	case readErr != nil:
		return errors.Join(readErr, r.release(finishing, c))
	case handleErr == nil:
		done, err := r.done(finishing, c)
		if done {
			result.Replayed++
		}
		return err
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), r.release(finishing, c))
	}
	result.Failed++
	r.o.Log.WarnContext(ctx, "dead letter failed again", "id", id, "event", letter.EventID, "topic", letter.SourceTopic, "error", handleErr.Error())
	return r.failed(finishing, c, letter, handleErr)
}

// call runs the handler. A panic of the handler is its failure.
func (r *Replayer) call(ctx context.Context, letter Letter) (err error) {
	event, err := Event(letter.Payload)
	if err != nil {
		return err
	}
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
