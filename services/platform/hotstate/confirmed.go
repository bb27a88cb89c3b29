package hotstate

import "sync"

// maxConfirmed is how many changes each generation of Confirmed holds.
const maxConfirmed = 10_000

// Fact names a committed change by the subject and the version of its event.
type Fact struct {
	Subject string
	Version int64
}

// Confirmed remembers the newest changes whose documents this process has
// invalidated after their commit. So the relay of their events need not invalidate
// them once more; a change that was forgotten is merely invalidated twice. The zero
// value is empty. It is safe for concurrent use.
type Confirmed struct {
	mu            sync.Mutex
	recent, older map[Fact]struct{}
}

// Add records changes after a successful Invalidate.
func (c *Confirmed) Add(facts ...Fact) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range facts {
		if c.recent == nil || len(c.recent) >= maxConfirmed {
			c.recent, c.older = map[Fact]struct{}{}, c.recent
		}
		c.recent[f] = struct{}{}
	}
}

// Take reports whether a change was recorded, and forgets it: its event is
// published once, as a rule.
func (c *Confirmed) Take(f Fact) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, generation := range []map[Fact]struct{}{c.recent, c.older} {
		if _, recorded := generation[f]; recorded {
			delete(generation, f)
			return true
		}
	}
	return false
}
