package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
)

// Publisher sends events to a broker.
type Publisher interface {
	// PublishAll publishes events to one topic, in no particular order. failed
	// lists the indexes of events that the broker did not confirm, possibly all;
	// err gives the reason and is nil when failed is empty.
	PublishAll(ctx context.Context, topic string, events []cloudevent.Event) (failed []int, err error)
}

// Options configure a relay. Zero values mean the defaults.
type Options struct {
	Source     string // source of the events: the app
	Log        *slog.Logger
	Batch      int           // events read at once; 100
	Sweep      time.Duration // between polls of the table without a wake-up; 1 s
	Linger     time.Duration // after each round, so that commits under load share one; 5 ms
	Backoff    time.Duration // longest pause while publishing fails; 5 s
	BrokerMark BrokerMark    // nil: the broker is trusted to lose nothing
	Keep       time.Duration // how long published events can be republished; 5 min
}

const (
	defaultBatch   = 100
	defaultSweep   = time.Second
	defaultLinger  = 5 * time.Millisecond
	defaultBackoff = 5 * time.Second
	defaultKeep    = 5 * time.Minute

	firstBackoff = 100 * time.Millisecond

	// busyPause is for a replica that finds another one publishing: that one may
	// have read the table before the event that woke this one was committed.
	busyPause = 20 * time.Millisecond

	// publishTimeout bounds all publishing of a batch, and recordTimeout the
	// database work before and after it. A relay whose context ends finishes its
	// batch: otherwise events would be published and not deleted.
	publishTimeout = 5 * time.Second
	recordTimeout  = 3 * time.Second
)

// Relay publishes committed events. Each replica of a service runs one; they
// take turns.
type Relay struct {
	db        *sqlx.DB
	publisher Publisher
	options   Options
	wake      chan struct{}

	// Used by Run's goroutine only.
	outage      outage
	markChecked time.Time
}

// NewRelay returns a relay for the tables that Ensure created in db.
func NewRelay(db *sqlx.DB, publisher Publisher, o Options) *Relay {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	o.Sweep = orDefault(o.Sweep, defaultSweep)
	o.Linger = orDefault(o.Linger, defaultLinger)
	o.Backoff = orDefault(o.Backoff, defaultBackoff)
	o.Keep = orDefault(o.Keep, defaultKeep)
	return &Relay{
		db:        db,
		publisher: publisher,
		options:   o,
		wake:      make(chan struct{}, 1),
		outage:    outage{log: o.Log, longest: o.Backoff},
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// Wake makes the relay read the table now. Call it after a commit; it never
// blocks.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // a wake-up is already pending
	}
}

// Run publishes until ctx ends and returns within 11 s after that, because it
// finishes the current batch. It retries failures until they pass and logs one
// line when they start, one a minute while they last and one when they are over.
// The returned error is nil.
func (r *Relay) Run(ctx context.Context) error {
	timer := time.NewTimer(0) // an earlier process may have left events
	defer timer.Stop()
	for {
		wake := r.wake
		if r.outage.lasts() {
			wake = nil // do not try a broker that is down at every commit
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-timer.C:
		}
		r.checkMark(ctx)
		timer.Reset(r.next(r.round(ctx)))

		lingering := time.NewTimer(r.options.Linger)
		select {
		case <-ctx.Done():
		case <-lingering.C:
		}
		lingering.Stop()
	}
}

// next returns how long to wait for the next round without a wake-up.
func (r *Relay) next(done round) time.Duration {
	switch {
	case done.err != nil:
		return r.outage.failed(done.err, done.published)
	case done.busy:
		return busyPause // does not show whether publishing works
	default:
		r.outage.end()
		return r.options.Sweep
	}
}

// outage counts and logs the rounds in which publishing fails.
type outage struct {
	log     *slog.Logger
	longest time.Duration

	since, logged time.Time
	rounds        int
	pause         time.Duration
}

// logInterval is how often a lasting failure is logged.
const logInterval = time.Minute

func (o *outage) lasts() bool { return o.rounds > 0 }

// failed counts a failed round and returns how long to pause. The pauses grow
// while nothing can be published.
func (o *outage) failed(err error, published int) time.Duration {
	now := time.Now()
	o.rounds++
	if o.rounds == 1 {
		o.since = now
	}
	if o.rounds == 1 || now.Sub(o.logged) >= logInterval {
		o.logged = now
		o.log.Warn("publish failed", "error", err.Error(),
			"since", o.since.UTC().Format(time.RFC3339), "rounds", o.rounds)
	}
	o.pause = min(2*o.pause, o.longest)
	if o.pause == 0 || published > 0 {
		o.pause = min(firstBackoff, o.longest)
	}
	return o.pause
}

func (o *outage) end() {
	if !o.lasts() {
		return
	}
	o.log.Info("publishing works again", "after", time.Since(o.since).Round(time.Millisecond), "rounds", o.rounds)
	*o = outage{log: o.log, longest: o.longest}
}
