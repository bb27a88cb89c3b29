package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
)

// Publisher takes events to a broker.
type Publisher interface {
	// PublishAll publishes events to one topic, in no order among them. failed
	// are the indexes of those that the broker is not known to have, which may
	// be all; err says why, and is nil when there are none.
	PublishAll(ctx context.Context, topic string, events []cloudevent.Event) (failed []int, err error)
}

// Options of a relay. Zero values stand for the defaults.
type Options struct {
	Source  string // who tells the events: the app
	Log     *slog.Logger
	Batch   int           // events read at once; 100
	Sweep   time.Duration // between looks at the table when nobody wakes the relay; 1 s
	Gather  time.Duration // after each round, so that commits under load share one; 5 ms
	Backoff time.Duration // the longest pause while publishing fails; 5 s
	Memory  Memory        // nil: the broker is trusted to lose nothing
	Keep    time.Duration // how long what was told can be told again; 5 min
}

const (
	defaultBatch   = 100
	defaultSweep   = time.Second
	defaultGather  = 5 * time.Millisecond
	defaultBackoff = 5 * time.Second
	defaultKeep    = 5 * time.Minute

	firstBackoff = 100 * time.Millisecond

	// busyPause is for a replica that found another one at work: that one may
	// have looked before the event that woke this one was committed.
	busyPause = 20 * time.Millisecond

	// publishTimeout bounds all publishing of a batch, and recordTimeout the
	// work on the database around it. A relay that is told to end finishes its
	// batch, rather than leave events published and not deleted.
	publishTimeout = 5 * time.Second
	recordTimeout  = 3 * time.Second
)

// Relay publishes committed events. Replicas of a service each run one; they
// take turns.
type Relay struct {
	db        *sqlx.DB
	publisher Publisher
	options   Options
	wake      chan struct{}

	// Of Run's goroutine alone.
	trouble    trouble
	lookedBack time.Time
}

// NewRelay makes a relay of the tables that Ensure created in db.
func NewRelay(db *sqlx.DB, publisher Publisher, o Options) *Relay {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	o.Sweep = orDefault(o.Sweep, defaultSweep)
	o.Gather = orDefault(o.Gather, defaultGather)
	o.Backoff = orDefault(o.Backoff, defaultBackoff)
	o.Keep = orDefault(o.Keep, defaultKeep)
	return &Relay{
		db:        db,
		publisher: publisher,
		options:   o,
		wake:      make(chan struct{}, 1),
		trouble:   trouble{log: o.Log, longest: o.Backoff},
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// Wake makes the relay look at the table now. It is called after a commit and
// never blocks.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // it is going to look anyway
	}
}

// Run publishes until ctx ends, and ends within 11 s then: what it has begun to
// publish it finishes. Failures are its own to bear: it tries again until they
// pass, and logs one line when they start, one a minute while they last and one
// when they are over. The returned error is nil.
func (r *Relay) Run(ctx context.Context) error {
	timer := time.NewTimer(0) // an earlier process may have left something
	defer timer.Stop()
	for {
		wake := r.wake
		if r.trouble.lasts() {
			wake = nil // a broker that is down is not asked at every commit
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-timer.C:
		}
		r.lookBack(ctx)
		timer.Reset(r.next(r.round(ctx)))

		gathering := time.NewTimer(r.options.Gather)
		select {
		case <-ctx.Done():
		case <-gathering.C:
		}
		gathering.Stop()
	}
}

// next is when to look again, unless woken before.
func (r *Relay) next(done round) time.Duration {
	switch {
	case done.err != nil:
		return r.trouble.another(done.err, done.published)
	case done.busy:
		return busyPause // says nothing about whether publishing works
	default:
		r.trouble.over()
		return r.options.Sweep
	}
}

// trouble remembers since when publishing fails.
type trouble struct {
	log     *slog.Logger
	longest time.Duration

	since, told time.Time
	rounds      int
	pause       time.Duration
}

// retold is how often a failure that lasts is logged.
const retold = time.Minute

func (t *trouble) lasts() bool { return t.rounds > 0 }

// another counts a failed round and tells how long to pause. The pauses grow
// while nothing at all can be published.
func (t *trouble) another(err error, published int) time.Duration {
	now := time.Now()
	t.rounds++
	if t.rounds == 1 {
		t.since = now
	}
	if t.rounds == 1 || now.Sub(t.told) >= retold {
		t.told = now
		t.log.Warn("events are not published", "error", err.Error(),
			"since", t.since.UTC().Format(time.RFC3339), "rounds", t.rounds)
	}
	t.pause = min(2*t.pause, t.longest)
	if t.pause == 0 || published > 0 {
		t.pause = min(firstBackoff, t.longest)
	}
	return t.pause
}

func (t *trouble) over() {
	if !t.lasts() {
		return
	}
	t.log.Info("events are published again", "after", time.Since(t.since).Round(time.Millisecond), "rounds", t.rounds)
	*t = trouble{log: t.log, longest: t.longest}
}
