package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// errRefused is the error of closures that refuse.
var errRefused = errors.New("refused")

func testBeginLimit(ctx context.Context, t *testing.T, s harness) {
	for id := range int64(2) {
		if err := beginUpload(ctx, s, upload(10+id, 1), open(2)); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, beginUpload(ctx, s, upload(12, 1), open(2)), video.ErrUploadsTooMany)
	wantGone(ctx, t, s, 12)
	if err := beginUpload(ctx, s, upload(13, 2), open(2)); err != nil {
		t.Fatalf("another author is refused: %v", err)
	}
	if err := s.Remove(ctx, 10); err != nil {
		t.Fatal(err)
	}
	if err := beginUpload(ctx, s, upload(14, 1), open(2)); err != nil {
		t.Fatalf("refused although one was removed: %v", err)
	}
	if _, err := s.Change(ctx, 11, func(u *video.Upload, _ int64) error { u.Aborting = true; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := beginUpload(ctx, s, upload(15, 1), open(2)); err != nil {
		t.Fatalf("refused although one is aborting: %v", err)
	}
	wantError(t, beginUpload(ctx, s, upload(16, 1), open(2)), video.ErrUploadsTooMany)
}

// open limits only open uploads.
func open(uploads int) video.Allowance {
	return video.Allowance{OpenUploads: uploads, Waiting: 1_000}
}

func testBeginWaiting(ctx context.Context, t *testing.T, s harness) {
	allowed := video.Allowance{OpenUploads: 10, Waiting: 2}
	publish(ctx, t, s, newVideo(10, 1))
	publish(ctx, t, s, newVideo(11, 1))
	publish(ctx, t, s, newVideo(12, 2))
	wantError(t, beginUpload(ctx, s, upload(20, 1), allowed), video.ErrUploadsTooMany)
	if err := beginUpload(ctx, s, upload(21, 2), allowed); err != nil {
		t.Fatalf("another author is refused: %v", err)
	}
	for id, state := range map[int64]video.State{10: video.StateFailed, 11: video.StateProcessing} {
		change(ctx, t, s, id, func(c *video.Lifecycle) { c.Video.State = state })
	}
	if err := beginUpload(ctx, s, upload(22, 1), allowed); err != nil {
		t.Fatalf("refused although one has failed: %v", err)
	}
	publish(ctx, t, s, newVideo(13, 1))
	wantError(t, beginUpload(ctx, s, upload(23, 1), allowed), video.ErrUploadsTooMany)
}

func testBeginLimitConcurrent(ctx context.Context, t *testing.T, s harness) {
	const limit = 3
	var begun atomic.Int64
	inParallel(12, func(i int) {
		err := beginUpload(ctx, s, upload(int64(100+i), 1), open(limit))
		if err == nil {
			begun.Add(1)
		} else if !errors.Is(err, video.ErrUploadsTooMany) {
			t.Error(err)
		}
	})
	if n := begun.Load(); n != limit {
		t.Errorf("%d uploads begun, the limit is %d", n, limit)
	}
}

func testChange(ctx context.Context, t *testing.T, s harness) {
	want := upload(1, 7)
	begin(ctx, t, s, want)
	want.Aborting, want.DueAtMs = true, 5
	got, err := s.Change(ctx, 1, func(u *video.Upload, nowMs int64) error {
		if nowMs != published {
			t.Errorf("the time is %d, want %d", nowMs, published)
		}
		u.Aborting, u.DueAtMs = true, 5
		return nil
	})
	if err != nil || got != want {
		t.Fatalf("changed to %+v, %v; want %+v", got, err, want)
	}
	got, err = s.Change(ctx, 1, func(*video.Upload, int64) error { return nil })
	if err != nil || got != want {
		t.Fatalf("stored %+v, %v; want %+v", got, err, want)
	}
}

func testChangeRefused(ctx context.Context, t *testing.T, s harness) {
	want := upload(1, 7)
	begin(ctx, t, s, want)
	_, err := s.Change(ctx, 1, func(u *video.Upload, _ int64) error {
		u.Aborting = true
		return errRefused
	})
	wantError(t, err, errRefused)
	got, err := s.Change(ctx, 1, func(*video.Upload, int64) error { return nil })
	if err != nil || got != want {
		t.Fatalf("stored %+v, %v; want %+v", got, err, want)
	}
}

func testChangeUnknown(ctx context.Context, t *testing.T, s harness) {
	_, err := s.Change(ctx, 1, func(*video.Upload, int64) error { t.Error("nothing to change"); return nil })
	wantError(t, err, video.ErrUploadUnknown)
}

func testClaim(ctx context.Context, t *testing.T, s harness) {
	for id, due := range map[int64]int64{1: 300, 2: 100, 3: 200, 4: 401} {
		u := upload(id, 1)
		u.DueAtMs = due
		begin(ctx, t, s, u)
	}
	claim := func(now, next int64, limit int, want ...int64) {
		t.Helper()
		s.Set(now)
		claimed, err := s.Claim(ctx, time.Duration(next-now)*time.Millisecond, limit)
		if err != nil {
			t.Fatal(err)
		}
		ids := []int64{}
		for _, u := range claimed {
			ids = append(ids, u.VideoID)
			whole := upload(u.VideoID, 1)
			whole.Aborting, whole.DueAtMs = true, next
			if u != whole {
				t.Errorf("claimed %+v, want %+v", u, whole)
			}
		}
		if !slices.Equal(ids, want) {
			t.Fatalf("claimed %v, want %v", ids, want)
		}
	}
	claim(99, 1_000, 10)
	claim(400, 1_000, 2, 2, 3)
	claim(400, 1_000, 2, 1)
	claim(400, 1_000, 2)
	claim(401, 2_000, 10, 4)
	// When a claim ends, the upload is due again.
	s.Set(1_000)
	again, err := s.Claim(ctx, 2*time.Second, 10)
	if err != nil || len(again) != 3 {
		t.Fatalf("claimed again %+v, %v; want three", again, err)
	}
}

func testClaimConcurrent(ctx context.Context, t *testing.T, s harness) {
	const uploads = 40
	for id := range int64(uploads) {
		u := upload(1+id, 1)
		u.DueAtMs = id
		begin(ctx, t, s, u)
	}
	s.Set(uploads)
	var mu sync.Mutex
	times := map[int64]int{}
	inParallel(8, func(int) {
		for {
			claimed, err := s.Claim(ctx, time.Second, 3)
			if err != nil {
				t.Error(err)
				return
			}
			if len(claimed) == 0 {
				return
			}
			mu.Lock()
			for _, u := range claimed {
				times[u.VideoID]++
			}
			mu.Unlock()
		}
	})
	// A claim skips rows that another claim has locked, and that one takes them.
	if len(times) != uploads {
		t.Errorf("%d uploads claimed, want %d", len(times), uploads)
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("upload %d was claimed %d times", id, n)
		}
	}
}

func testRemove(ctx context.Context, t *testing.T, s harness) {
	begin(ctx, t, s, upload(1, 1))
	for range 2 {
		if err := s.Remove(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	wantGone(ctx, t, s, 1)
}

// inParallel runs n goroutines and waits for them.
func inParallel(n int, run func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { run(i) })
	}
	wg.Wait()
}
