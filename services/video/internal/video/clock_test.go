package video_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// replicas are two services on one store. The process clock of the second one is
// more than 20 years behind that of the first: it runs in a synctest bubble.
func replicas(t *testing.T) []func(func()) {
	t.Helper()
	return []func(func()){
		func(call func()) { call() },
		func(call func()) { synctest.Test(t, func(*testing.T) { call() }) },
	}
}

// A worker that renews in time keeps its job, whichever replicas it and an idle
// worker call.
func TestLeaseHoldsWithClocksApart(t *testing.T) {
	ctx := context.Background()
	for _, claim := range replicas(t) {
		w := newHarness()
		w.publish(t)
		var a video.Assignment
		claim(func() { a = w.claim(t) })
		for second := range 120 {
			w.clock.Move(time.Second)
			for i, on := range replicas(t) {
				on(func() {
					if second%10 == 5*i {
						if _, err := w.RenewJob(ctx, a.VideoID, a.Attempt, 1); err != nil {
							t.Fatalf("second %d: renew: %v", second, err)
						}
					}
					if other, found, err := w.ClaimJob(ctx); found || err != nil {
						t.Fatalf("second %d: a second worker got %+v, %v", second, other, err)
					}
				})
			}
		}
		w.clock.Move(lease) // the worker died
		if b := w.claim(t); b.Attempt != a.Attempt+1 {
			t.Errorf("after the end of the lease: %+v", b)
		}
	}
}

// Uploads expire and are swept at their time on every replica.
func TestUploadsExpireWithClocksApart(t *testing.T) {
	ctx := context.Background()
	for _, begin := range replicas(t) {
		for _, end := range replicas(t) {
			w := newHarness()
			var early, late video.Upload
			begin(func() { early, late = w.begin(t), w.begin(t) })
			end(func() {
				w.clock.Move(2*time.Hour - time.Millisecond)
				sweep(t, w, 0)
				if _, err := w.commit(early, written(early)); err != nil {
					t.Errorf("commit before the expiry: %v", err)
				}
				w.clock.Move(time.Millisecond)
				_, err := w.commit(late, written(late))
				wantError(t, err, video.ErrUploadUnknown)
				sweep(t, w, 0)
				w.clock.Move(5 * time.Minute)
				sweep(t, w, 1)
				if err := w.AbortUpload(ctx, late.VideoID, amy); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// The outputs of a deleted video are removed when its worker can no longer write,
// and not earlier.
func TestRemovalsWaitWithClocksApart(t *testing.T) {
	ctx := context.Background()
	for _, work := range replicas(t) {
		for _, sweeper := range replicas(t) {
			w := newHarness()
			w.publish(t)
			work(func() {
				w.reserve(t, w.claim(t))
				if err := w.DeleteVideo(ctx, 1, amy); err != nil {
					t.Fatal(err)
				}
			})
			sweeper(func() {
				w.clock.Move(lease + grace - time.Millisecond)
				if swept, err := w.Sweep(ctx); err != nil || swept != (video.Swept{Removals: 1}) {
					t.Errorf("within lease and grace: swept %+v, %v; want only the source", swept, err)
				}
				w.clock.Move(time.Millisecond)
				if swept, err := w.Sweep(ctx); err != nil || swept != (video.Swept{Removals: 1}) || w.objects.Left() != 0 {
					t.Errorf("after lease and grace: swept %+v, %v", swept, err)
				}
			})
		}
	}
}
