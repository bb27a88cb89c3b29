package compose

import "github.com/maypok86/otter/v2"

// maxLastKnown bounds the entries of a lastKnown; one takes some hundred bytes at
// most.
const maxLastKnown = 20_000

// lastKnown keeps the most recent answer about each id, for as long as its owner
// does not answer.
type lastKnown[T any] struct {
	cache *otter.Cache[int64, T]
}

func newLastKnown[T any]() lastKnown[T] {
	return lastKnown[T]{otter.Must(&otter.Options[int64, T]{MaximumSize: maxLastKnown})}
}

func (k lastKnown[T]) keep(id int64, value T) { k.cache.Set(id, value) }

func (k lastKnown[T]) get(id int64) (T, bool) { return k.cache.GetIfPresent(id) }

func (k lastKnown[T]) close() { k.cache.StopAllGoroutines() }
