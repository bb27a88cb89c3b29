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
	// retryEvery is how soon a failed invalidation is retried: about how long an
	// old document can be read after the state store is back.
	retryEvery = 200 * time.Millisecond
	retryBatch = 200

	// maxPending bounds the memory for failed invalidations. Further ones depend
	// on the events, whose handlers invalidate again, and on lifetimes.
	maxPending = 100_000
)

// pending holds the keys whose invalidation failed: their documents are older
// than the rows. This program does not read them meanwhile.
type pending struct {
	mu    sync.Mutex
	keys  map[string]int // number of failures
	added chan struct{}  // holds one token when keys were added
}

func newPending() *pending {
	return &pending{keys: map[string]int{}, added: make(chan struct{}, 1)}
}

// add reports whether these are the first keys.
func (p *pending) add(keys []string) (first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first = len(p.keys) == 0
	for _, key := range keys {
		if _, known := p.keys[key]; known || len(p.keys) < maxPending {
			p.keys[key]++
		}
	}
	select {
	case p.added <- struct{}{}:
	default:
	}
	return first
}

// drop removes invalidated keys, except those that failed again meanwhile.
func (p *pending) drop(batch map[string]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, failures := range batch {
		if p.keys[key] == failures {
			delete(p.keys, key)
		}
	}
}

// batch returns some of the keys, at most retryBatch.
func (p *pending) batch() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	batch := make(map[string]int, min(len(p.keys), retryBatch))
	for key, failures := range p.keys {
		if len(batch) == retryBatch {
			break
		}
		batch[key] = failures
	}
	return batch
}

// readable returns keys without those that must not be read.
func (p *pending) readable(keys []string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.keys) == 0 {
		return keys
	}
	readable := make([]string, 0, len(keys))
	for _, key := range keys {
		if _, failed := p.keys[key]; !failed {
			readable = append(readable, key)
		}
	}
	return readable
}

// RunRetries retries failed invalidations until they succeed or ctx ends, so a
// state store that comes back with old documents shows them only for a moment.
// An owner runs it once, beside its calls of Invalidate. It returns nil.
func (s *Store) RunRetries(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.pending.added:
		}
		if !s.retry(ctx) {
			return nil
		}
	}
}

// retry continues until nothing is pending. It returns false if ctx ends first.
func (s *Store) retry(ctx context.Context) bool {
	pause := time.NewTimer(retryEvery)
	defer pause.Stop()
	retried := 0
	for {
		batch := s.pending.batch()
		if len(batch) == 0 {
			s.log.InfoContext(ctx, "pending hot documents invalidated", slog.Int("keys", retried))
			return true
		}
		if s.invalidate(ctx, slices.Collect(maps.Keys(batch))) == nil {
			s.pending.drop(batch)
			retried += len(batch)
			continue
		}
		pause.Reset(retryEvery)
		select {
		case <-ctx.Done():
			return false
		case <-pause.C:
		}
	}
}
