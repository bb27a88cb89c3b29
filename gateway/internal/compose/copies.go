package compose

import (
	"context"
	"slices"
	"sync"
	"time"
)

// copies caches public values by id, at most maxAge old counted from the beginning
// of their load. Ids that nobody has asked for in the last second are dropped. An
// id that several callers miss is loaded once.
type copies[T any] struct {
	limit int // entries of a generation
	load  func(ctx context.Context, ids []int64) (map[int64]T, error)

	mu       sync.Mutex
	young    map[int64]entry[T]
	old      map[int64]entry[T] // the generation before; read only
	turnedAt time.Time
	loading  map[int64]*batchLoad[T]
}

type entry[T any] struct {
	value T
	since time.Time // beginning of its load
}

// batchLoad is a load that callers wait for.
type batchLoad[T any] struct {
	ids    []int64
	since  time.Time
	done   chan struct{} // closed after the fields below are set
	values map[int64]T
	err    error
}

// newCopies caches what load returns. A missing id in its answer counts as the zero
// value.
func newCopies[T any](limit int, load func(context.Context, []int64) (map[int64]T, error)) *copies[T] {
	return &copies[T]{
		limit: limit, load: load,
		young: make(map[int64]entry[T]), loading: make(map[int64]*batchLoad[T]),
	}
}

// get returns the values of ids in their order. An id may occur several times.
func (c *copies[T]) get(ctx context.Context, ids []int64) ([]T, error) {
	values, _, err := c.dated(ctx, ids)
	return values, err
}

// dated is get, and tells when the oldest load of these values began.
func (c *copies[T]) dated(ctx context.Context, ids []int64) ([]T, time.Time, error) {
	values := make([]T, len(ids))
	missing, oldest, loads := c.find(ctx, ids, values)
	for _, load := range loads {
		select {
		case <-ctx.Done():
			return nil, oldest, ctx.Err()
		case <-load.done:
			if load.err != nil {
				return nil, oldest, load.err
			}
		}
		if load.since.Before(oldest) {
			oldest = load.since
		}
	}
	for _, i := range missing {
		for _, load := range loads {
			if value, ok := load.values[ids[i]]; ok {
				values[i] = value
				break
			}
		}
	}
	return values, oldest, nil
}

// find fills in the cached values. It returns the indexes of the others, the time
// of the oldest cached value, and the loads that will have the others, one of which
// it starts if necessary.
func (c *copies[T]) find(ctx context.Context, ids []int64, values []T) (missing []int, oldest time.Time, loads []*batchLoad[T]) {
	now := time.Now()
	oldest = now
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	var mine *batchLoad[T]
	for i, id := range ids {
		if found, ok := c.cached(id); ok && now.Sub(found.since) < maxAge {
			values[i] = found.value
			if found.since.Before(oldest) {
				oldest = found.since
			}
			continue
		}
		missing = append(missing, i)
		load := c.loading[id]
		if load == nil || now.Sub(load.since) >= maxAge {
			if mine == nil {
				mine = &batchLoad[T]{since: now, done: make(chan struct{})}
			}
			mine.ids = append(mine.ids, id)
			c.loading[id], load = mine, mine
		}
		if !slices.Contains(loads, load) {
			loads = append(loads, load)
		}
	}
	if mine != nil {
		go c.run(context.WithoutCancel(ctx), mine)
	}
	return missing, oldest, loads
}

func (c *copies[T]) cached(id int64) (entry[T], bool) {
	found, ok := c.young[id]
	if !ok {
		found, ok = c.old[id]
	}
	return found, ok
}

// turn starts a new generation when all entries of the one before are too old.
func (c *copies[T]) turn(now time.Time) {
	if now.Sub(c.turnedAt) < maxAge && len(c.young) < c.limit {
		return
	}
	c.old, c.young, c.turnedAt = c.young, make(map[int64]entry[T], len(c.young)), now
}

// run loads for all callers that wait, and does not end with the request of one of
// them.
func (c *copies[T]) run(ctx context.Context, load *batchLoad[T]) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	values, err := c.load(ctx, load.ids)
	c.mu.Lock()
	defer c.mu.Unlock()
	load.values, load.err = values, err
	for _, id := range load.ids {
		if c.loading[id] == load {
			delete(c.loading, id)
		}
		if err == nil {
			c.keep(id, values[id], load.since)
		}
	}
	close(load.done)
}

// fresh returns a cached value that is not too old.
func (c *copies[T]) fresh(id int64) (value T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.cached(id)
	return found.value, ok && time.Since(found.since) < maxAge
}

// put caches a value whose load began at a time.
func (c *copies[T]) put(id int64, value T, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(time.Now())
	c.keep(id, value, since)
}

func (c *copies[T]) keep(id int64, value T, since time.Time) {
	if !c.young[id].since.After(since) {
		c.young[id] = entry[T]{value, since}
	}
}
