package statereads_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/statereads"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// store answers each key with the number of its request.
type store struct {
	hotstate.States
	takes time.Duration

	mu       sync.Mutex
	requests [][]string
	underway int
	most     int    // requests under way at once
	bad      string // a key that fails its request
}

func (s *store) GetMany(ctx context.Context, keys []string) (map[string][]byte, error) {
	s.mu.Lock()
	s.requests = append(s.requests, keys)
	n, takes := len(s.requests), s.takes
	s.underway++
	s.most = max(s.most, s.underway)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.underway--
		s.mu.Unlock()
	}()
	select {
	case <-ctx.Done():
		return nil, errs.New(errs.Timeout, "", "")
	case <-time.After(takes):
	}
	if slices.Contains(keys, s.bad) {
		return nil, errs.New(errs.Internal, "", "")
	}
	found := make(map[string][]byte)
	for _, key := range keys {
		found[key] = fmt.Append(nil, n)
	}
	return found, nil
}

// read starts a read and waits until it is under way.
func read(t *testing.T, all *sync.WaitGroup, r *statereads.Reads, want string, keys ...string) {
	t.Helper()
	all.Go(func() {
		found, err := r.GetMany(t.Context(), keys)
		for _, key := range keys {
			if got := string(found[key]); got != want || (err == nil) != (want != "") {
				t.Errorf("%s: got %q of %v, %v, want %q", key, got, keys, err, want)
			}
		}
	})
	synctest.Wait()
}

// Reads that find two requests under way are sent together, after one of those has
// ended.
func TestConcurrentReadsAreSentTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{takes: 10 * time.Millisecond}
		r := statereads.New(s)
		var all sync.WaitGroup
		read(t, &all, r, "1", "a")
		read(t, &all, r, "2", "a", "b")
		read(t, &all, r, "3", "a", "c")
		read(t, &all, r, "3", "d", "a")
		all.Wait()
		want := [][]string{{"a"}, {"a", "b"}, {"a", "c", "d"}}
		if !slices.EqualFunc(s.requests, want, slices.Equal) {
			t.Errorf("requests %v, want %v", s.requests, want)
		}
		read(t, &all, r, "4", "a") // alone again, and not from an earlier request
		read(t, &all, r, "5", "a")
		all.Wait()
		if value, err := r.Get(t.Context(), "x"); string(value) != "6" || err != nil {
			t.Errorf("got %s, %v", value, err)
		}
	})
}

func TestRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{takes: 10 * time.Millisecond}
		r := statereads.New(s)
		var all sync.WaitGroup
		for i := range 102 {
			all.Go(func() {
				if _, err := r.Get(t.Context(), fmt.Sprint(i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		var sizes []int
		for _, keys := range s.requests {
			sizes = append(sizes, len(keys))
		}
		slices.Sort(sizes) // the waiting requests are sent at the same moment
		if !slices.Equal(sizes, []int{1, 1, 36, 64}) {
			t.Errorf("requests of %v keys", sizes)
		}
		for range 10 { // also after waiting reads were sent
			all.Go(func() { _, _ = r.Get(t.Context(), "a") })
		}
		all.Wait()
		if s.most != 2 {
			t.Errorf("%d requests were under way at once, want 2", s.most)
		}
	})
}

// A caller that leaves, or whose key cannot be read, does not take the others with
// it.
func TestCallersAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{takes: 10 * time.Millisecond, bad: "bad"}
		r := statereads.New(s)
		var all sync.WaitGroup
		read(t, &all, r, "1", "a")
		read(t, &all, r, "2", "a")
		leaving, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			if _, err := r.Get(leaving, "e"); err == nil {
				t.Error("no error for the caller that left")
			}
		})
		synctest.Wait()
		cancel()
		read(t, &all, r, "3", "b")
		all.Wait()

		read(t, &all, r, "4", "a")
		read(t, &all, r, "5", "a")
		all.Go(func() {
			if found, err := r.GetMany(t.Context(), []string{"good"}); err != nil || len(found["good"]) == 0 {
				t.Errorf("beside a bad key: %v, %v", found, err)
			}
		})
		read(t, &all, r, "", "bad")
		all.Wait()
	})
}

func TestHangingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{takes: time.Hour}
		r := statereads.New(s)
		start := time.Now()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
				defer cancel()
				if _, err := r.Get(ctx, "a"); err == nil {
					t.Error("no error")
				}
			})
		}
		all.Wait()
		if took := time.Since(start); took != 150*time.Millisecond {
			t.Errorf("took %v", took)
		}
		s.mu.Lock()
		s.takes = 0
		s.mu.Unlock()
		time.Sleep(150 * time.Millisecond) // requests that nobody waits for end
		if _, err := r.Get(t.Context(), "a"); err != nil {
			t.Errorf("after the store came back: %v", err)
		}
	})
}
