// Package hotstate keeps hot documents: copies of rows in the Dapr state store,
// which their service can rebuild. Losing the state store costs time and never
// an answer.
//
// A document has one owner. With a commit the owner invalidates the documents
// that the change affects: it replaces them by an entry that says "ask the
// owner" and lives a few seconds. A rebuilt document is only stored where there
// is no entry. So a rebuild that read its rows before a change is never seen
// after it, however slow it is: it finds the invalidated entry, and by the time
// that entry may have expired the rebuild is too old to be stored. Change
// invalidates before the commit, for readers that may see the new rows before
// the writer has its answer; Invalidate alone suffices where there are none.
package hotstate

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"google.golang.org/protobuf/proto"

	hotentryv1 "github.com/douyin-on-dapr/douyin/services/contract/hotentry/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// Waiting longer for hot state would cost more than asking the owner.
	readTimeout  = 150 * time.Millisecond
	writeTimeout = 500 * time.Millisecond

	// loadTimeout bounds one load: reading the hot document, rebuilding it and
	// storing it. An invalidated entry outlives every load that began before the
	// invalidation.
	loadTimeout    = 4 * time.Second
	invalidatedTTL = loadTimeout + time.Second

	// After so many consecutive failures nothing is sent for openFor; then one
	// call is tried.
	failuresToOpen = 5
	openFor        = time.Second

	// A state store may come back with old documents. Owners have this long to
	// invalidate those that changed meanwhile, before any document is read.
	distrustFor = time.Second
)

// States is the part of the state store that this package needs. CreateAll must leave an
// existing key alone without an error, PutAll must store all or report an
// error; an absent key reads as nil.
type States interface {
	Get(ctx context.Context, key string) ([]byte, error)
	GetMany(ctx context.Context, keys []string) (map[string][]byte, error)
	CreateAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error
	PutAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error
}

// Store is a program's view of the hot state. While the state store fails or
// hangs, a breaker keeps reads and creations from waiting for it.
type Store struct {
	states  States
	log     *slog.Logger
	breaker *gobreaker.CircuitBreaker[map[string][]byte]
	pending *pending
	backAt  atomic.Pointer[time.Time] // when the breaker closed again; nil: it never opened
}

// New wraps a state store.
func New(states States, log *slog.Logger) *Store {
	s := &Store{states: states, log: log, pending: newPending()}
	s.breaker = gobreaker.NewCircuitBreaker[map[string][]byte](gobreaker.Settings{
		Timeout:     openFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
		IsExcluded:  func(err error) bool { return errors.Is(err, errCallerLeft) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			log.Warn("hot state breaker", slog.String("from", from.String()), slog.String("to", to.String()))
			if now := time.Now(); to == gobreaker.StateClosed {
				s.backAt.Store(&now)
			}
		},
	})
	return s
}

// distrusted reports whether the state store came back less than distrustFor ago.
func (s *Store) distrusted() bool {
	at := s.backAt.Load()
	return at != nil && time.Since(*at) < distrustFor
}

// errCallerLeft marks a failure that does not come from the state store.
var errCallerLeft = errors.New("the caller gave up")

// guarded sends one call through the breaker with its own deadline.
func (s *Store) guarded(ctx context.Context, limit time.Duration, call func(context.Context) (map[string][]byte, error)) (map[string][]byte, error) {
	return s.breaker.Execute(func() (map[string][]byte, error) {
		bounded, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		found, err := call(bounded)
		if err != nil && ctx.Err() != nil {
			err = errors.Join(errCallerLeft, err)
		}
		return found, err
	})
}

// read gets keys in one request. While the state store is down, and for a moment
// after that, it finds none.
func (s *Store) read(ctx context.Context, keys ...string) map[string][]byte {
	if keys = s.pending.readable(keys); len(keys) == 0 {
		return nil
	}
	found, err := s.guarded(ctx, readTimeout, func(ctx context.Context) (map[string][]byte, error) {
		if len(keys) > 1 {
			return s.states.GetMany(ctx, keys)
		}
		value, err := s.states.Get(ctx, keys[0])
		return map[string][]byte{keys[0]: value}, err
	})
	if err != nil {
		s.logFailure(ctx, "hot state read failed", err)
		return nil
	}
	if s.distrusted() {
		return nil
	}
	return found
}

// create stores an entry where there is none.
func (s *Store) create(ctx context.Context, key string, entry []byte, ttl time.Duration) {
	_, err := s.guarded(ctx, writeTimeout, func(ctx context.Context) (map[string][]byte, error) {
		return nil, s.states.CreateAll(ctx, map[string][]byte{key: entry}, ttl)
	})
	if err != nil {
		s.logFailure(ctx, "hot document store failed", err)
	}
}

// logFailure ignores calls that the breaker rejected and callers that left.
func (s *Store) logFailure(ctx context.Context, message string, err error) {
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) || errors.Is(err, errCallerLeft) {
		return
	}
	s.log.WarnContext(ctx, message, slog.String("error", err.Error()))
}

// maxKeys is how many documents are invalidated in one request. Some state stores
// accept no more than 100.
const maxKeys = 100

// Invalidate makes every reader of keys ask the owner from now on. The owner
// calls it after its commit and before its answer. It takes at most 500 ms, also
// after the caller is cancelled and for any number of keys, and is tried even while
// the breaker is open. RunRetries retries a failed invalidation; until it succeeds
// this program does not read the documents itself. The first of several failures is
// logged as a warning.
func (s *Store) Invalidate(ctx context.Context, keys ...string) error {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	chunks := slices.Collect(slices.Chunk(keys, maxKeys))
	if len(chunks) == 1 {
		return s.invalidateOrRetry(ctx, chunks[0])
	}
	failures := make([]error, len(chunks))
	var requests sync.WaitGroup
	for i, chunk := range chunks {
		requests.Go(func() { failures[i] = s.invalidateOrRetry(ctx, chunk) })
	}
	requests.Wait()
	return errors.Join(failures...)
}

func (s *Store) invalidateOrRetry(ctx context.Context, keys []string) error {
	err := s.invalidate(context.WithoutCancel(ctx), keys)
	if err == nil {
		return nil
	}
	level := slog.LevelDebug
	if s.pending.add(keys) { // one line per outage, not one per write
		level = slog.LevelWarn
	}
	s.log.Log(ctx, level, "hot document invalidation failed", slog.Any("keys", keys), slog.String("error", err.Error()))
	return errs.Wrap("hotstate.Invalidate", err)
}

// invalidate stores an invalidated entry under each key.
func (s *Store) invalidate(ctx context.Context, keys []string) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	entry, err := proto.Marshal(&hotentryv1.Entry{Content: &hotentryv1.Entry_Invalidated{Invalidated: true}})
	if err != nil {
		return err
	}
	entries := make(map[string][]byte, len(keys))
	for _, key := range keys {
		entries[key] = entry
	}
	return s.states.PutAll(ctx, entries, invalidatedTTL)
}
