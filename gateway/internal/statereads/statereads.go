// Package statereads sends concurrent reads of the state store together. A gateway
// reads a few keys for nearly every request, and a request to the sidecar costs
// more than the keys.
package statereads

import (
	"context"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

const (
	// atOnce is how many requests are under way before reads wait for each other.
	// A read that finds less is sent at once and alone.
	atOnce = 2

	// maxKeys bounds a request; the largest documents take 50 KB.
	maxKeys = 64

	// timeout bounds a request, as hotstate bounds each read.
	timeout = 150 * time.Millisecond
)

// Reads is a state store whose concurrent reads are sent together. Writes pass
// unchanged. It is safe for concurrent use.
type Reads struct {
	hotstate.States

	mu       sync.Mutex
	underway int
	waiting  []*batch // in the order in which they will be sent
}

var _ hotstate.States = (*Reads)(nil)

// batch is a request of several callers.
type batch struct {
	keys  []string
	seen  map[string]bool
	done  chan struct{} // closed after the fields below are set
	found map[string][]byte
	err   error
}

// New wraps a state store.
func New(states hotstate.States) *Reads { return &Reads{States: states} }

// Get implements hotstate.States.
func (r *Reads) Get(ctx context.Context, key string) ([]byte, error) {
	found, err := r.GetMany(ctx, []string{key})
	return found[key], err
}

// GetMany implements hotstate.States. The store is read after the call began, so the
// result holds everything that was stored before. It may have keys of other callers.
func (r *Reads) GetMany(ctx context.Context, keys []string) (map[string][]byte, error) {
	mine := r.join(keys)
	if mine == nil {
		defer r.next(ctx)
		return r.States.GetMany(ctx, keys)
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-mine.done:
	}
	if mine.err != nil && errs.CodeOf(mine.err) != errs.Timeout {
		return r.States.GetMany(ctx, keys) // the failure may come from a key of another caller
	}
	return mine.found, mine.err
}

// join returns the waiting batch that has the keys, nil if the caller shall send
// them itself and call next afterwards.
func (r *Reads) join(keys []string) *batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.underway < atOnce {
		r.underway++
		return nil
	}
	var last *batch
	if n := len(r.waiting); n > 0 && len(r.waiting[n-1].keys)+len(keys) <= maxKeys {
		last = r.waiting[n-1]
	} else {
		last = &batch{seen: make(map[string]bool), done: make(chan struct{})}
		r.waiting = append(r.waiting, last)
	}
	for _, key := range keys {
		if !last.seen[key] {
			last.seen[key] = true
			last.keys = append(last.keys, key)
		}
	}
	return last
}

// next ends a request and sends the first waiting batch in its place.
func (r *Reads) next(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		r.underway--
		return
	}
	first := r.waiting[0]
	r.waiting = r.waiting[1:]
	go r.send(context.WithoutCancel(ctx), first)
}

// send serves all callers of a batch, so it does not end with one of them.
func (r *Reads) send(ctx context.Context, b *batch) {
	defer r.next(ctx)
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	b.found, b.err = r.States.GetMany(limited, b.keys)
	close(b.done)
}
