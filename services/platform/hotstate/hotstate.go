// Package hotstate keeps hot documents: copies, in the Dapr state store, of
// what a service can rebuild from its rows. Losing the state store costs time
// and never an answer.
//
// A document has one owner. After a commit the owner invalidates the documents
// that the change touches: it puts an entry in their place that says "ask the
// owner" and lives a few seconds. A rebuilt document is only stored where there
// is no entry at all. So a rebuild that read its rows before a change can not
// be seen after it, however slow it is: it finds the invalidated entry, and
// when that may have gone it is too old to be stored.
package hotstate

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"google.golang.org/protobuf/proto"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// A read of hot state is worth no more than asking the owner costs.
	readTimeout  = 150 * time.Millisecond
	writeTimeout = 500 * time.Millisecond

	// loadTimeout bounds one load, from reading the hot document over
	// rebuilding it to storing it. An invalidated entry outlives every load
	// that began before the invalidation.
	loadTimeout    = 4 * time.Second
	invalidatedTTL = loadTimeout + time.Second

	// After so many failures in a row nothing is sent for openFor; then one
	// call tries.
	failuresToOpen = 5
	openFor        = time.Second

	// A state store that is back may be back with old documents. So long owners
	// have for invalidating what changed meanwhile, before anything is believed.
	distrustFor = time.Second
)

// States is the state store as this package needs it. CreateAll must leave an
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
	overdue *overdue
	backAt  atomic.Pointer[time.Time] // when the breaker closed again; nil: it never opened
}

// New wraps a state store.
func New(states States, log *slog.Logger) *Store {
	s := &Store{states: states, log: log, overdue: newOverdue()}
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

// distrusted tells whether the state store has only just come back.
func (s *Store) distrusted() bool {
	at := s.backAt.Load()
	return at != nil && time.Since(*at) < distrustFor
}

// errCallerLeft is a failure that says nothing about the state store.
var errCallerLeft = errors.New("the caller gave up")

// guarded sends one call through the breaker with a deadline of its own.
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

// read gets keys, in one request. While the state store is down, and for a
// moment after, it finds none.
func (s *Store) read(ctx context.Context, keys ...string) map[string][]byte {
	if keys = s.overdue.without(keys); len(keys) == 0 {
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
		s.logFailure(ctx, "hot state not read", err)
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
		s.logFailure(ctx, "hot document not stored", err)
	}
}

// logFailure keeps quiet about calls that the breaker did not let through and
// about callers that left.
func (s *Store) logFailure(ctx context.Context, message string, err error) {
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) || errors.Is(err, errCallerLeft) {
		return
	}
	s.log.WarnContext(ctx, message, slog.String("error", err.Error()))
}

// Invalidate makes every reader of keys ask the owner from now on. The owner
// calls it after its commit and before its answer. It goes on for at most 500
// ms when the caller is cancelled, and is tried even while the breaker is open.
// What fails RunRepeats repeats; until then this program does not read the
// documents itself. The first failure of several is logged as a warning.
func (s *Store) Invalidate(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	if err := s.mark(context.WithoutCancel(ctx), keys); err != nil {
		level := slog.LevelDebug
		if s.overdue.add(keys) { // one line while it lasts, not one for each write
			level = slog.LevelWarn
		}
		s.log.Log(ctx, level, "hot documents not invalidated", slog.Any("keys", keys), slog.String("error", err.Error()))
		return errs.Wrap("hotstate.Invalidate", err)
	}
	return nil
}

// mark puts an invalidated entry under each key.
func (s *Store) mark(ctx context.Context, keys []string) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	mark, err := proto.Marshal(&hotv1.Entry{Content: &hotv1.Entry_Invalidated{Invalidated: true}})
	if err != nil {
		return err
	}
	entries := make(map[string][]byte, len(keys))
	for _, key := range keys {
		entries[key] = mark
	}
	return s.states.PutAll(ctx, entries, invalidatedTTL)
}
