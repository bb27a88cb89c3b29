package compose

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// loadTimeout bounds a load on behalf of several callers, which therefore
// cannot end with the request of one of them.
const loadTimeout = 5 * time.Second

// maxStale bounds the age of what is shown while it cannot be loaded anew: the
// feed goes on while a service behind it is started again.
const maxStale = time.Minute

// recent keeps one public value for a while. However many ask at once, it is
// loaded once. When it cannot be loaded, the last one serves for another age, as
// long as it is not older than maxStale.
type recent[T any] struct {
	age  time.Duration // counted from the moment the loading began
	load func(context.Context) (T, error)

	loading singleflight.Group
	mu      sync.Mutex
	value   T
	since   time.Time // when the loading of value began; zero before the first
	until   time.Time
	epoch   int // counts forget, so that a load from before it is not kept
}

func (r *recent[T]) get(ctx context.Context) (T, error) {
	if value, ok := r.kept(); ok {
		return value, nil
	}
	result := r.loading.DoChan("", func() (any, error) {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return r.refresh(detached)
	})
	var none T
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case got := <-result:
		if got.Err != nil {
			return none, got.Err
		}
		return got.Val.(T), nil
	}
}

func (r *recent[T]) kept() (T, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.value, time.Now().Before(r.until)
}

func (r *recent[T]) refresh(ctx context.Context) (T, error) {
	r.mu.Lock()
	epoch, began := r.epoch, time.Now()
	r.mu.Unlock()
	value, err := r.load(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if time.Since(r.since) > maxStale {
			return value, err
		}
		if r.epoch == epoch {
			r.until = time.Now().Add(r.age)
		}
		return r.value, nil
	}
	if r.epoch == epoch {
		r.value, r.since, r.until = value, began, began.Add(r.age)
	}
	return value, nil
}

// forget makes the next get load anew, and not join a load that began before.
func (r *recent[T]) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch++
	r.until = time.Time{}
	r.loading.Forget("")
}
