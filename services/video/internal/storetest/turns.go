package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// enqueue publishes videos of an author, the given ones in this order.
func enqueue(ctx context.Context, t *testing.T, s Store, author int64, ids ...int64) {
	t.Helper()
	for _, id := range ids {
		v := newVideo(id, author)
		v.PublishedAtMs = published - 1_000 + id
		publish(ctx, t, s, v)
	}
}

// wantClaims claims as many jobs as wanted and holds them.
func wantClaims(ctx context.Context, t *testing.T, s harness, want ...int64) {
	t.Helper()
	var got []int64
	for range want {
		got = append(got, claim(ctx, t, s, published, published+9_000))
	}
	if !slices.Equal(got, want) {
		t.Errorf("claimed %v, want %v", got, want)
	}
}

func testTurns(ctx context.Context, t *testing.T, s harness) {
	enqueue(ctx, t, s, 1, 1, 2, 3, 4)
	enqueue(ctx, t, s, 2, 5)
	enqueue(ctx, t, s, 3, 6, 7)
	wantClaims(ctx, t, s, 1, 5, 6, 2)
	// The author of 5 has a running job and gets the turn of 2 and 7.
	enqueue(ctx, t, s, 2, 8, 9)
	wantClaims(ctx, t, s, 7, 8, 3, 9, 4, 0)
}

// A released job, and one whose lease ended, are queued by the time since they are
// due again, if that is after their turns.
func testReturningJobs(ctx context.Context, t *testing.T, s harness) {
	enqueue(ctx, t, s, 1, 1, 2)
	enqueue(ctx, t, s, 2, 3)
	if id := claim(ctx, t, s, published, published+500); id != 1 {
		t.Fatalf("claimed %d, want 1", id)
	}
	enqueue(ctx, t, s, 3, 4)
	s.Set(published + 500) // the worker of 1 died
	var got []int64
	for range 4 {
		got = append(got, claim(ctx, t, s, published+500, published+9_000))
	}
	if want := []int64{3, 4, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("claimed %v, want %v", got, want)
	}
	change(ctx, t, s, 2, func(c *video.Lifecycle) { c.Job.Held, c.Job.DueAtMs = false, published+500 })
	if id := claim(ctx, t, s, published+600, published+9_000); id != 2 {
		t.Errorf("claimed %d, want the released job of 2", id)
	}
}

// While new authors keep publishing, the other jobs of an author have their turns,
// one an hour at the latest.
func testNewcomers(ctx context.Context, t *testing.T, s harness) {
	const half = 30 * 60 * 1_000 // milliseconds
	enqueue(ctx, t, s, 1, 1, 2, 3)
	now, got := published, []int64{}
	for n := range int64(8) {
		now += half
		v := newVideo(10+n, 10+n)
		v.PublishedAtMs = now
		publish(ctx, t, s, v)
		got = append(got, claim(ctx, t, s, now, now+1_000*half))
	}
	if want := []int64{1, 10, 2, 11, 12, 3, 13, 14}; !slices.Equal(got, want) {
		t.Errorf("claimed %v, want %v", got, want)
	}
}
