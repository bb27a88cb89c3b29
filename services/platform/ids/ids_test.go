package ids_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/ids"
)

// start is a moment within the 41 bits.
func start() time.Time { return time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC) }

func millisOf(id int64) int64 { return id >> 12 }
func nodeOf(id int64) int64   { return id >> 6 & 63 }

// fakeClock only moves by Move.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock(at time.Time) *fakeClock { return &fakeClock{now: at} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

func next(t *testing.T, g *ids.Generator) int64 {
	t.Helper()
	id, err := g.Next()
	if err != nil {
		t.Fatal(err)
	}
	if id <= 0 || id > ids.Max {
		t.Fatalf("id %d is out of range", id)
	}
	return id
}

func TestIDContainsTimeAndNode(t *testing.T) {
	epoch := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := newClock(epoch.Add(1234 * time.Millisecond))
	id := next(t, ids.New(37, clock.Now))
	if millisOf(id) != 1234 || nodeOf(id) != 37 {
		t.Errorf("id %d: %d ms, node %d", id, millisOf(id), nodeOf(id))
	}
}

// Ids grow while the clock stands still, jumps back by hours or jumps ahead.
func TestStrictlyIncreasingUnderAnyClock(t *testing.T) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	clock := newClock(start())
	g := ids.New(5, clock.Now)
	last := int64(0)
	for i := range 200_000 {
		switch random.IntN(1000) {
		case 0:
			clock.Move(-time.Duration(random.Int64N(int64(10 * time.Hour))))
		case 1:
			clock.Move(time.Duration(random.Int64N(int64(10 * time.Hour))))
		case 2, 3, 4, 5, 6, 7:
			clock.Move(time.Millisecond)
		}
		id := next(t, g)
		if id <= last {
			t.Fatalf("seed %d, id %d: %d after %d", seed, i, id, last)
		}
		if nodeOf(id) != 5 {
			t.Fatalf("id %d is of node %d", id, nodeOf(id))
		}
		last = id
	}
}

// More ids than a millisecond has: the next milliseconds are used without waiting.
func TestBorrowsFromTheNextMillisecond(t *testing.T) {
	clock := newClock(start())
	g := ids.New(0, clock.Now)
	first := next(t, g)
	for range 63 {
		if id := next(t, g); millisOf(id) != millisOf(first) {
			t.Fatalf("left the millisecond too early: %d", id)
		}
	}
	if id := next(t, g); millisOf(id) != millisOf(first)+1 {
		t.Errorf("after 64 ids: %d ms, want %d", millisOf(id), millisOf(first)+1)
	}
	clock.Move(2 * time.Millisecond)
	if id := next(t, g); millisOf(id) != millisOf(first)+2 {
		t.Errorf("did not return to the clock: %d ms", millisOf(id))
	}
}

func TestConcurrentCallers(t *testing.T) {
	const callers, each = 16, 5_000
	clock := newClock(start())
	g := ids.New(1, clock.Now)
	made := make([][]int64, callers)
	var running sync.WaitGroup
	for c := range callers {
		running.Go(func() {
			for i := range each {
				if i%100 == 0 {
					clock.Move(time.Duration(i%3-1) * time.Millisecond)
				}
				id, err := g.Next()
				if err != nil {
					t.Error(err)
					return
				}
				made[c] = append(made[c], id)
			}
		})
	}
	running.Wait()
	var all []int64
	for _, one := range made {
		if !slices.IsSorted(one) {
			t.Error("a caller saw ids go down")
		}
		all = append(all, one...)
	}
	if distinct(all) != callers*each {
		t.Errorf("%d distinct ids of %d", distinct(all), callers*each)
	}
}

func distinct(all []int64) int {
	slices.Sort(all)
	return len(slices.Compact(slices.Clone(all)))
}

func TestNodesNeverCollide(t *testing.T) {
	clock := newClock(start())
	var all []int64
	for node := range uint8(64) {
		g := ids.New(node, clock.Now)
		for range 200 {
			all = append(all, next(t, g))
		}
	}
	if distinct(all) != 64*200 {
		t.Errorf("%d distinct ids of %d", distinct(all), 64*200)
	}
}

func TestRange(t *testing.T) {
	t.Run("the last id is Max", func(t *testing.T) {
		clock := newClock(time.UnixMilli(1_704_067_200_000 + 1<<41 - 1))
		g := ids.New(63, clock.Now)
		last := int64(0)
		for range 64 {
			last = next(t, g)
		}
		if last != ids.Max {
			t.Errorf("last id %d, want %d", last, int64(ids.Max))
		}
		if id, err := g.Next(); errs.CodeOf(err) != errs.Internal || err == nil {
			t.Errorf("after the last: %d, %v", id, err)
		}
	})
	t.Run("a clock before the epoch", func(t *testing.T) {
		g := ids.New(0, newClock(time.Unix(0, 0)).Now)
		if a, b := next(t, g), next(t, g); b <= a {
			t.Errorf("%d, then %d", a, b)
		}
	})
	t.Run("a node too many", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("node 64 is accepted")
			}
		}()
		ids.New(64, time.Now)
	})
}

func BenchmarkNext(b *testing.B) {
	g := ids.New(0, time.Now)
	for b.Loop() {
		if _, err := g.Next(); err != nil {
			b.Fatal(err)
		}
	}
}
