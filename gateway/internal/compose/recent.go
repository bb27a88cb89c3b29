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

// recent keeps one public value for a while. However many ask at once, it is
// loaded once.
type recent[T any] struct {
	age  time.Duration // counted from the moment the loading began
	load func(context.Context) (T, error)

	loading singleflight.Group
	mu      sync.Mutex
	value   T
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
	epoch, until := r.epoch, time.Now().Add(r.age)
	r.mu.Unlock()
	value, err := r.load(ctx)
	if err != nil {
		return value, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch == epoch {
		r.value, r.until = value, until
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
