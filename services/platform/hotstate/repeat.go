package hotstate

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// repeatEvery is how soon an invalidation that failed is tried again: about
	// how long an old document can be read after the state store is back.
	repeatEvery = 200 * time.Millisecond
	repeatBatch = 200

	// maxOverdue bounds the memory for what could not be invalidated. Past that
	// it is left to the events that repeat invalidations, and to lifetimes.
	maxOverdue = 100_000
)

// overdue are the keys whose documents are older than the rows, because the
// state store could not be told. This program does not read them meanwhile.
type overdue struct {
	mu   sync.Mutex
	keys map[string]int // how often each failed
	some chan struct{}  // holds one token when keys were added
}

func newOverdue() *overdue {
	return &overdue{keys: map[string]int{}, some: make(chan struct{}, 1)}
}

// add tells whether these are the first.
func (o *overdue) add(keys []string) (first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	first = len(o.keys) == 0
	for _, key := range keys {
		if _, known := o.keys[key]; known || len(o.keys) < maxOverdue {
			o.keys[key]++
		}
	}
	select {
	case o.some <- struct{}{}:
	default:
	}
	return first
}

// drop forgets keys that are invalidated now, but for those that failed once
// more meanwhile.
func (o *overdue) drop(batch map[string]int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, failures := range batch {
		if o.keys[key] == failures {
			delete(o.keys, key)
		}
	}
}

// batch is some of the keys, at most repeatBatch.
func (o *overdue) batch() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch := make(map[string]int, min(len(o.keys), repeatBatch))
	for key, failures := range o.keys {
		if len(batch) == repeatBatch {
			break
		}
		batch[key] = failures
	}
	return batch
}

// without leaves out what must not be read.
func (o *overdue) without(keys []string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.keys) == 0 {
		return keys
	}
	readable := make([]string, 0, len(keys))
	for _, key := range keys {
		if _, late := o.keys[key]; !late {
			readable = append(readable, key)
		}
	}
	return readable
}

// RunRepeats repeats the invalidations that failed until they succeed, or until
// ctx ends: a state store that comes back with its old documents shows them for
// a moment only. An owner runs it once, beside whatever calls Invalidate. It
// returns nil.
func (s *Store) RunRepeats(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.overdue.some:
		}
		if !s.repeat(ctx) {
			return nil
		}
	}
}

// repeat goes on until nothing is overdue; false when ctx ended before.
func (s *Store) repeat(ctx context.Context) bool {
	pause := time.NewTimer(repeatEvery)
	defer pause.Stop()
	repeated := 0
	for {
		batch := s.overdue.batch()
		if len(batch) == 0 {
			s.log.InfoContext(ctx, "hot documents invalidated after all", slog.Int("keys", repeated))
			return true
		}
		if s.mark(ctx, slices.Collect(maps.Keys(batch))) == nil {
			s.overdue.drop(batch)
			repeated += len(batch)
			continue
		}
		pause.Reset(repeatEvery)
		select {
		case <-ctx.Done():
			return false
		case <-pause.C:
		}
	}
}
