package video_test

import (
	"context"
	"slices"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func TestReleaseJob(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	w.publish(t)
	for n, pause := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		pause *= time.Second
		a := w.claim(t)
		if a.Attempt != int64(n+1) {
			t.Fatalf("attempt %d, want %d", a.Attempt, n+1)
		}
		extents := w.reserve(t, a)
		for range 2 {
			if err := w.ReleaseJob(ctx, 1, a.Attempt, ""); err != nil {
				t.Fatal(err)
			}
		}
		if left := w.store.Removals(); len(left) != n+1 || !slices.Equal(left[n].Extents, extents) {
			t.Errorf("removals %+v", left)
		}
		_, err := w.RenewJob(ctx, 1, a.Attempt, 1)
		wantError(t, err, video.ErrJobLost)
		wantError(t, w.ReserveOutputs(ctx, 1, a.Attempt, extents), video.ErrJobLost)
		wantError(t, w.FailJob(ctx, 1, a.Attempt, videov1.FailureCodec), video.ErrJobLost)
		w.clock.Move(pause - time.Millisecond)
		w.nothingDue(t)
		w.clock.Move(time.Millisecond)
	}
	// A dead worker ends the row of releases and counts as a try. A release does not.
	w.claim(t)
	w.clock.Move(lease)
	a := w.claim(t)
	if job, _ := w.store.Job(1); job.Tries != 2 || job.Releases != 0 {
		t.Errorf("the job is %+v", job)
	}
	if err := w.ReleaseJob(ctx, 1, a.Attempt, ""); err != nil {
		t.Fatal(err)
	}
	w.clock.Move(2 * time.Second)
	w.claim(t)
}

// A video fails after the maximum number of releases in a row for one suspected
// reason. A release without a reason or for another one starts a new count.
func TestReleaseJobOfASuspectedVideo(t *testing.T) {
	const (
		lost, complex = videov1.FailureSourceLost, videov1.FailureTooComplex
		death         = "worker died"
	)
	most := map[string]int{lost: 200, complex: 20}
	almost := slices.Repeat([]string{complex}, 19)
	tests := map[string]struct {
		before []string // reasons
		reason string
	}{
		"source lost":         {nil, lost},
		"too complex":         {nil, complex},
		"after others":        {slices.Repeat([]string{lost}, 199), complex},
		"after an outage":     {append(slices.Clone(almost), ""), complex},
		"after a dead worker": {append(slices.Clone(almost), death), complex},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, w := context.Background(), newHarness()
			w.publish(t)
			for n, reason := range append(test.before, slices.Repeat([]string{test.reason}, most[test.reason])...) {
				if got := w.video(t, 1); got.State == video.StateFailed {
					t.Fatalf("failed after %d times", n)
				}
				a := w.claim(t)
				if reason == death {
					w.clock.Move(lease)
					continue
				}
				wantError(t, w.ReleaseJob(ctx, 1, a.Attempt, "NO_REASON"), video.ErrRequestInvalid)
				w.release(t, a, reason)
			}
			if got := w.video(t, 1); got.State != video.StateFailed || got.FailureReason != test.reason {
				t.Errorf("the video is %+v", got)
			}
			if _, left := w.store.Job(1); left {
				t.Error("a failed video has a job")
			}
			if published := w.store.Published(); len(published) != 2 || published[1].Event != video.EventFailed || published[1].Reason != test.reason {
				t.Errorf("published %+v", published)
			}
		})
	}
}

// release releases a job twice and waits for its pause.
func (w *harness) release(t *testing.T, a video.Assignment, suspected string) {
	t.Helper()
	for range 2 {
		if err := w.ReleaseJob(context.Background(), a.VideoID, a.Attempt, suspected); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.Move(time.Minute)
}

func TestFailJob(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	v := w.publish(t)
	a := w.claim(t)
	extents := w.reserve(t, a)
	wantError(t, w.FailJob(ctx, 1, a.Attempt, "NO_REASON"), video.ErrRequestInvalid)
	for range 2 {
		if err := w.FailJob(ctx, 1, a.Attempt, videov1.FailureCodec); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, w.FailJob(ctx, 1, a.Attempt, videov1.FailureTooLong), video.ErrJobLost)
	wantError(t, w.FailJob(ctx, 1, a.Attempt+1, videov1.FailureCodec), video.ErrJobLost)
	wantError(t, w.FinishJob(ctx, 1, a.Attempt, result(a)), video.ErrJobLost)
	got := w.video(t, 1)
	if got.State != video.StateFailed || got.FailureReason != videov1.FailureCodec || got.FailedAtMs != w.clock.Now().UnixMilli() || got.ShownAtMs != 0 {
		t.Errorf("failed: %+v", got)
	}
	due := w.clock.Now().Add(lease + grace).UnixMilli()
	wantRemovals(t, w, []video.Removal{
		{ID: 1, VideoID: 1, Extents: extents, DueAtMs: due},
		{ID: 2, VideoID: 1, Extents: []video.Extent{v.Source.Extent()}, DueAtMs: w.clock.Now().UnixMilli()},
	})
	want := []fake.Published{
		{Event: video.EventUploaded, VideoID: 1, Version: 1},
		{Event: video.EventFailed, VideoID: 1, Version: 2, Reason: videov1.FailureCodec},
	}
	if published := w.store.Published(); !slices.Equal(published, want) {
		t.Errorf("published %+v, want %+v", published, want)
	}
	if w.works(t) != 0 {
		t.Error("a failed video counts")
	}
}
