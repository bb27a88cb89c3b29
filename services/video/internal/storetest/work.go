package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// claim sets the time, claims the next due job until another and returns its video,
// or 0.
func claim(ctx context.Context, t *testing.T, s harness, now, until int64) (id int64) {
	t.Helper()
	s.Set(now)
	found, err := s.UpdateNextDue(ctx, func(c *video.Lifecycle) error {
		id = c.Video.ID
		c.Job.Attempt++
		c.Job.Held, c.Job.DueAtMs = true, until
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if !found {
		return 0
	}
	return id
}

func testChangeDue(ctx context.Context, t *testing.T, s harness) {
	for id, at := range map[int64]int64{1: 300, 2: 100, 3: 200} {
		v := newVideo(id, 7)
		v.PublishedAtMs = at
		publish(ctx, t, s, v)
	}
	for _, step := range []struct{ now, until, want int64 }{
		{99, 0, 0}, {250, 400, 2}, {250, 500, 3}, {250, 0, 0}, {300, 600, 1}, {399, 0, 0}, {400, 700, 2}, {400, 0, 0},
	} {
		if got := claim(ctx, t, s, step.now, step.until); got != step.want {
			t.Errorf("at %d video %d is due, want %d", step.now, got, step.want)
		}
	}
	s.Set(10_000)
	found, err := s.UpdateNextDue(ctx, func(*video.Lifecycle) error { return errRefused })
	wantError(t, err, errRefused)
	if c := look(ctx, t, s, 3); found || c.Job.Attempt != 1 || !c.Job.Held {
		t.Errorf("after a refusal: %v, %+v", found, c.Job)
	}
}

func testChangeDueConcurrent(ctx context.Context, t *testing.T, s harness) {
	const jobs = 30
	for id := range int64(jobs) {
		publish(ctx, t, s, newVideo(1+id, 7))
	}
	var mu sync.Mutex
	times := map[int64]int{}
	inParallel(8, func(int) {
		for {
			id := claim(ctx, t, s, published+1_000, published+9_000)
			if id == 0 {
				return
			}
			mu.Lock()
			times[id]++
			mu.Unlock()
		}
	})
	// A claim skips rows that another claim has locked, and that one takes them.
	if len(times) != jobs {
		t.Errorf("%d jobs claimed, want %d", len(times), jobs)
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("the job of %d was claimed %d times", id, n)
		}
	}
}

// Concurrent claims, renewals, results, deletions and commits do not fail, and the
// counters equal their sets.
func testConcurrentOperations(ctx context.Context, t *testing.T, s harness) {
	const videos, authors = 40, 3
	for id := int64(1); id <= videos; id++ {
		publish(ctx, t, s, newVideo(id, 1+id%authors))
	}
	check := func(err error, allowed error) {
		if err != nil && !errors.Is(err, allowed) {
			t.Error(err)
		}
	}
	inParallel(8, func(worker int) {
		for n := int64(1); n <= videos; n++ {
			switch worker % 4 {
			case 0: // deletes every third
				if n%3 == 0 {
					check(s.UpdateLifecycle(ctx, n, func(c *video.Lifecycle) error {
						c.DeletedAtMs, c.Event, c.Job, c.Outputs = published, video.EventDeleted, nil, nil
						c.Removals = append(c.Removals, removal(n, published, "play"))
						c.Video.Version++
						return nil
					}), video.ErrVideoUnknown)
				}
			case 1: // begins and publishes more
				id := 1_000*int64(worker) + n
				check(beginUpload(ctx, s, upload(id, 1+n%authors), open(1_000)), nil)
				_, err := s.Publish(ctx, id, as(newVideo(id, 1+n%authors)))
				check(err, nil)
			default: // works
				id := claim(ctx, t, s, published+1_000, published+9_000)
				check(s.Renew(ctx, id, 1, 8*time.Second, 50), video.ErrJobLost)
				check(s.UpdateLifecycle(ctx, id, func(c *video.Lifecycle) error {
					c.Outputs = []video.Outputs{outputs(id, 1, "play")}
					return nil
				}), video.ErrVideoUnknown)
				check(s.UpdateLifecycle(ctx, id, func(c *video.Lifecycle) error {
					c.Job = nil
					c.Video.State, c.Video.ShownAtMs, c.Event = video.StateReady, published, video.EventReady
					c.Video.Version++
					return nil
				}), video.ErrVideoUnknown)
			}
		}
	})
	wantCounterEqualsSet(ctx, t, s, 1, 2, 3)
	newest, err := s.Newest(ctx, video.Latest, 10_000)
	if err != nil || len(newest) == 0 {
		t.Fatalf("%d videos are shown, %v", len(newest), err)
	}
	times := map[int64]bool{}
	for _, v := range newest {
		times[v.ShownAtMs] = true
	}
	if len(times) != len(newest) {
		t.Errorf("%d videos are shown at %d times", len(newest), len(times))
	}
}

func testRenew(ctx context.Context, t *testing.T, s harness) {
	publish(ctx, t, s, newVideo(1, 7))
	wantError(t, s.Renew(ctx, 1, 0, time.Second, 10), video.ErrJobLost) // not claimed
	claim(ctx, t, s, published, published+100)
	for range 2 { // the second call changes no value
		if err := s.Renew(ctx, 1, 1, 200*time.Millisecond, 30); err != nil {
			t.Fatal(err)
		}
	}
	if c := look(ctx, t, s, 1); c.Job.DueAtMs != published+200 || c.Job.Progress != 30 {
		t.Errorf("renewed: %+v", c.Job)
	}
	for _, other := range []int64{0, 2} {
		wantError(t, s.Renew(ctx, 1, other, 300*time.Millisecond, 40), video.ErrJobLost)
	}
	if id := claim(ctx, t, s, published+199, published+300); id != 0 {
		t.Error("claimed within the lease")
	}
	if id := claim(ctx, t, s, published+200, published+300); id != 1 {
		t.Error("not claimed after the lease")
	}
	wantError(t, s.Renew(ctx, 1, 1, 400*time.Millisecond, 40), video.ErrJobLost)
	wantError(t, s.Renew(ctx, 99, 1, 400*time.Millisecond, 40), video.ErrJobLost)
}

func testFailedLongAgo(ctx context.Context, t *testing.T, s harness) {
	for id := int64(1); id <= 4; id++ {
		publish(ctx, t, s, newVideo(id, 7))
		if id == 2 {
			continue
		}
		change(ctx, t, s, id, func(c *video.Lifecycle) {
			c.Job = nil
			c.Video.State, c.Video.FailureReason, c.Video.FailedAtMs = video.StateFailed, videov1.FailureCodec, published-id
		})
	}
	if v := look(ctx, t, s, 3).Video; v.FailureReason != videov1.FailureCodec || v.FailedAtMs != published-3 {
		t.Errorf("stored %+v", v)
	}
	for _, q := range []struct {
		age   time.Duration
		limit int
		want  []int64
	}{{0, 10, []int64{4, 3, 1}}, {0, 2, []int64{4, 3}}, {3, 10, []int64{4, 3}}, {5, 10, nil}} {
		got, err := s.FailedLongAgo(ctx, q.age*time.Millisecond, q.limit)
		if err != nil || !slices.Equal(got, q.want) {
			t.Errorf("failed %d ms ago, at most %d: %v, %v; want %v", q.age, q.limit, got, err, q.want)
		}
	}
	wantCounterEqualsSet(ctx, t, s, 7)
}

func testRemovals(ctx context.Context, t *testing.T, s harness) {
	publish(ctx, t, s, newVideo(1, 7))
	change(ctx, t, s, 1, func(c *video.Lifecycle) {
		for name, due := range map[string]int64{"a": 300, "b": 100, "c": 200} {
			c.Removals = append(c.Removals, removal(1, due, name))
		}
	})
	for _, step := range []struct {
		now, next int64
		want      string
	}{{99, 0, ""}, {250, 400, "b"}, {250, 500, "c"}, {250, 0, ""}, {300, 600, "a"}, {400, 700, "b"}, {400, 0, ""}} {
		s.Set(step.now)
		r, found, err := s.ClaimRemoval(ctx, time.Duration(step.next-step.now)*time.Millisecond)
		if err != nil || found != (step.want != "") {
			t.Fatalf("at %d: %+v, %v, %v; want %q", step.now, r, found, err, step.want)
		}
		if found && r.Extents[0].Key != "videos/1/1/"+step.want {
			t.Errorf("at %d: %+v, want %q", step.now, r, step.want)
		}
	}
}

func testRemovalsConcurrent(ctx context.Context, t *testing.T, s harness) {
	const removals = 30
	publish(ctx, t, s, newVideo(1, 7))
	change(ctx, t, s, 1, func(c *video.Lifecycle) {
		for n := range int64(removals) {
			c.Removals = append(c.Removals, removal(1, n, "play"))
		}
	})
	var mu sync.Mutex
	seen := map[int64]bool{}
	inParallel(8, func(int) {
		for {
			r, found, err := s.ClaimRemoval(ctx, time.Second)
			if err != nil || !found {
				if err != nil {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			if seen[r.ID] {
				t.Errorf("removal %d was claimed twice", r.ID)
			}
			seen[r.ID] = true
			mu.Unlock()
		}
	})
	if len(seen) != removals {
		t.Errorf("%d removals claimed, want %d", len(seen), removals)
	}
}
