package compose

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// counter answers an id with the number of its load.
type counter struct {
	takes time.Duration
	err   error

	mu    sync.Mutex
	loads [][]int64
}

func (c *counter) load(ctx context.Context, ids []int64) (map[int64]int, error) {
	c.mu.Lock()
	c.loads = append(c.loads, ids)
	n := len(c.loads)
	c.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(c.takes):
	}
	all := make(map[int64]int)
	for _, id := range ids {
		all[id] = n
	}
	return all, c.err
}

func wantValues(t *testing.T, c *copies[int], ids []int64, want ...int) {
	t.Helper()
	if got, err := c.get(t.Context(), ids); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: got %v, %v, want %v", ids, got, err, want)
	}
}

func TestCopiesLoadWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &counter{takes: 100 * time.Millisecond}
		c := newCopies(10, source.load)
		wantValues(t, c, []int64{1, 2, 1}, 1, 1, 1)
		wantValues(t, c, []int64{3, 2, 3, 4}, 2, 1, 2, 2)
		if want := [][]int64{{1, 2}, {3, 4}}; !slices.EqualFunc(source.loads, want, slices.Equal) {
			t.Errorf("loads %v, want %v", source.loads, want)
		}
		time.Sleep(799 * time.Millisecond) // 999 ms after the first load began
		wantValues(t, c, []int64{1}, 1)
		time.Sleep(time.Millisecond)
		wantValues(t, c, []int64{1, 4}, 3, 2)
		wantValues(t, c, nil)
	})
}

// Callers share the load of an id, but not one that is too old already.
func TestCopiesShareLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &counter{takes: 1500 * time.Millisecond}
		c := newCopies(10, source.load)
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := c.get(impatient, []int64{1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the impatient caller got %v", err)
		}
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { wantValues(t, c, []int64{1}, 1) })
		}
		callers.Go(func() { wantValues(t, c, []int64{2, 1}, 2, 1) })
		synctest.Wait()
		if len(source.loads) != 2 {
			t.Errorf("%d loads, want 2", len(source.loads))
		}
		time.Sleep(time.Second)
		callers.Go(func() { wantValues(t, c, []int64{1}, 3) })
		callers.Wait()
		wantValues(t, c, []int64{1}, 4) // the third is 1.5 s old
	})
}

func TestCopiesForgetFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &counter{err: errors.New("down")}
		c := newCopies(10, source.load)
		if _, err := c.get(t.Context(), []int64{1}); !errors.Is(err, source.err) {
			t.Errorf("got %v", err)
		}
		source.err = nil
		wantValues(t, c, []int64{1}, 2)
	})
}

// Entries are bounded whatever is asked within a second.
func TestCopiesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &counter{}
		c := newCopies(10, source.load)
		for id := range int64(100) {
			if _, err := c.get(t.Context(), []int64{id}); err != nil {
				t.Fatal(err)
			}
		}
		if kept := len(c.young) + len(c.old); kept > 20 {
			t.Errorf("%d entries, want at most 20", kept)
		}
	})
}
