package compose

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// loadTimeout bounds a load that several callers wait for. It must not end with
// the request of one of them.
const loadTimeout = 5 * time.Second

// maxStale bounds the age of a value that cannot be reloaded: the feed continues
// while a service behind it restarts.
const maxStale = time.Minute

// memo caches one public value. Concurrent callers share one load. If a load fails,
// the last value serves for another age, unless it is older than maxStale.
type memo[T any] struct {
	age  time.Duration // counted from the beginning of the load
	load func(context.Context) (T, error)

	loading singleflight.Group
	mu      sync.Mutex
	value   T
	since   time.Time // beginning of the load of value; zero before the first
	until   time.Time
	epoch   int // counts calls of forget, so that the result of an earlier load is not cached
}

func (m *memo[T]) get(ctx context.Context) (T, error) {
	if value, ok := m.cached(); ok {
		return value, nil
	}
	result := m.loading.DoChan("", func() (any, error) {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return m.refresh(detached)
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

func (m *memo[T]) cached() (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.value, time.Now().Before(m.until)
}

func (m *memo[T]) refresh(ctx context.Context) (T, error) {
	m.mu.Lock()
	epoch, began := m.epoch, time.Now()
	m.mu.Unlock()
	value, err := m.load(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		if time.Since(m.since) > maxStale {
			return value, err
		}
		if m.epoch == epoch {
			m.until = time.Now().Add(m.age)
		}
		return m.value, nil
	}
	if m.epoch == epoch {
		m.value, m.since, m.until = value, began, began.Add(m.age)
	}
	return value, nil
}

// forget makes the next get start a load of its own.
func (m *memo[T]) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch++
	m.until = time.Time{}
	m.loading.Forget("")
}
