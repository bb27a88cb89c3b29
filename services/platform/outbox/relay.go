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
	Source  string // source of the events: the app
	Log     *slog.Logger
	Batch   int           // events read at once; 200
	Sweep   time.Duration // between polls of the table without a wake-up; 1 s
	Linger  time.Duration // before each round, so that commits under load share one; 5 ms
	Backoff time.Duration // longest pause while publishing fails; 5 s

	// BeforePublish runs before each attempt to publish a batch; nil: it does not.
	// It has to end within a second.
	BeforePublish func(ctx context.Context, events []cloudevent.Event)

	// BrokerMark shows that the broker lost data; nil: it is trusted to lose
	// nothing, and events are deleted when they are published.
	BrokerMark BrokerMark
	Keep       Keep
}

// Keep is how long published events can be republished.
type Keep struct {
	Rare     []string      // topics whose events are few and have effects that nothing else brings about
	RareFor  time.Duration // of these topics; 25 h
	OthersOf int           // of the other topics: the newest, all topics counted; 150,000
	OtherFor time.Duration // of the other topics, at most; 1 h
}

const (
	defaultBatch    = 200
	defaultSweep    = time.Second
	defaultLinger   = 5 * time.Millisecond
	defaultBackoff  = 5 * time.Second
	defaultRareFor  = 25 * time.Hour
	defaultOthersOf = 150_000
	defaultOtherFor = time.Hour

	firstBackoff = 100 * time.Millisecond

	// busyPause is for a replica that finds another one publishing: that one may
	// have read the table before the event that woke this one was committed.
	busyPause = 20 * time.Millisecond

	// publishTimeout bounds all publishing of a batch, and recordTimeout a
	// statement before or after it. A relay whose context ends finishes its batch:
	// otherwise events would be published and not marked.
	publishTimeout = 4 * time.Second
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
	outage  outage
	turn    turn
	mark    markState
	pruning pruneState
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
	o.Keep.RareFor = orDefault(o.Keep.RareFor, defaultRareFor)
	o.Keep.OtherFor = orDefault(o.Keep.OtherFor, defaultOtherFor)
	if o.Keep.OthersOf <= 0 {
		o.Keep.OthersOf = defaultOthersOf
	}
	return &Relay{
		db:        db,
		publisher: publisher,
		options:   o,
		wake:      make(chan struct{}, 1),
		outage:    outage{log: o.Log, longest: o.Backoff},
		turn:      newTurn(),
		mark:      markState{doubt: true}, // an earlier process may have crashed together with the broker
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

// Run publishes until ctx ends and returns within 15 s after that, because it
// finishes the current batch. It retries failures until they pass and logs one
// line when they start, one a minute while they last and one when they are over.
// The returned error is nil.
func (r *Relay) Run(ctx context.Context) error {
	defer func() {
		r.confirm(ctx)
		r.turn.end(ctx, r.db)
	}()
	timer := time.NewTimer(0) // an earlier process may have left events
	defer timer.Stop()
	for {
		woken, running := r.await(ctx, timer)
		if !running {
			return nil
		}
		if !r.linger(ctx) {
			return nil
		}
		r.checkMark(ctx)
		timer.Reset(r.next(r.round(ctx, woken)))
		r.prune(ctx)
	}
}

// linger lets further commits join the round, and lets the writer that woke the
// relay finish what it does after its commit. It is false when ctx has ended.
func (r *Relay) linger(ctx context.Context) bool {
	lingering := time.NewTimer(r.options.Linger)
	defer lingering.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-lingering.C:
		return true
	}
}

// await waits for a wake-up or for the timer. Meanwhile an idle turn ends.
func (r *Relay) await(ctx context.Context, timer *time.Timer) (woken, running bool) {
	wake := r.wake
	if r.outage.lasts() {
		wake = nil // do not try a broker that is down at every commit
	}
	var idle <-chan time.Time
	if r.turn.held() {
		ending := time.NewTimer(turnIdle)
		defer ending.Stop()
		idle = ending.C
	}
	for {
		select {
		case <-ctx.Done():
			return false, false
		case <-wake:
			return true, true
		case <-timer.C:
			return false, true
		case <-idle:
			r.turn.end(ctx, r.db)
		}
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
