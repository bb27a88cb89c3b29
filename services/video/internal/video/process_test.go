package video_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func (w *harness) nothingDue(t *testing.T) {
	t.Helper()
	if a, found, err := w.ClaimJob(context.Background()); found || err != nil {
		t.Fatalf("claimed %+v, %v; want nothing", a, err)
	}
}

func TestClaimJob(t *testing.T) {
	w := newHarness()
	w.nothingDue(t)
	first, second := w.publish(t), w.publish(t)
	for _, v := range []video.Video{first, second} {
		want := video.Assignment{
			VideoID: v.ID, Attempt: 1, Source: v.Source, PartSize: partSize, Lease: lease,
			OutputPrefix: map[int64]string{1: "videos/1/1/", 2: "videos/2/1/"}[v.ID],
		}
		if got := w.claim(t); got != want {
			t.Errorf("claimed %+v, want %+v", got, want)
		}
		if got := w.video(t, v.ID); got.State != video.StateProcessing {
			t.Errorf("state %d", got.State)
		}
	}
	w.nothingDue(t)
}

func TestClaimJobConcurrently(t *testing.T) {
	w := newHarness()
	w.publish(t)
	w.clock.Move(time.Second)
	w.publish(t)
	var group sync.WaitGroup
	claimed := make([]int64, 2)
	for i := range claimed {
		group.Go(func() {
			a, _, err := w.ClaimJob(context.Background())
			if err != nil {
				t.Error(err)
			}
			claimed[i] = a.VideoID
		})
	}
	group.Wait()
	slices.Sort(claimed)
	if !slices.Equal(claimed, []int64{1, 2}) {
		t.Errorf("claimed %v", claimed)
	}
}

func TestRenewJob(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	w.publish(t)
	a := w.claim(t)
	w.clock.Move(lease - time.Millisecond)
	if got, err := w.RenewJob(ctx, 1, a.Attempt, 40); err != nil || got != lease {
		t.Fatalf("renewed for %v, %v", got, err)
	}
	if v := w.video(t, 1); v.Progress != 40 {
		t.Errorf("progress is %d%%", v.Progress)
	}
	for _, progress := range []int{-1, 101} {
		_, err := w.RenewJob(ctx, 1, a.Attempt, progress)
		wantError(t, err, video.ErrRequestInvalid)
	}
	w.clock.Move(lease - time.Millisecond)
	w.nothingDue(t)
	w.clock.Move(time.Millisecond)
	next := w.claim(t)
	if next.Attempt != a.Attempt+1 || next.OutputPrefix != "videos/1/2/" {
		t.Errorf("claimed after the lease: %+v", next)
	}
	if v := w.video(t, 1); v.Progress != 0 {
		t.Errorf("the next attempt starts with %d%%", v.Progress)
	}
}

// Calls of a worker that lost its job are refused and change nothing.
func TestLostJob(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	w.publish(t)
	lost := w.claim(t)
	extents := w.reserve(t, lost)
	w.clock.Move(lease)
	held := w.claim(t)
	before, _ := w.store.Job(1)
	wantLost(t, w, lost)
	if after, _ := w.store.Job(1); after != before || w.video(t, 1).State != video.StateProcessing {
		t.Errorf("the job became %+v", after)
	}
	want := []video.Removal{{ID: 1, VideoID: 1, Extents: extents, DueAtMs: w.clock.Now().Add(grace).UnixMilli()}}
	wantRemovals(t, w, want)
	if left := w.store.Outputs(1); len(left) != 0 {
		t.Errorf("outputs %+v", left)
	}
	w.reserve(t, held)
	if err := w.FinishJob(ctx, 1, held.Attempt, result(held)); err != nil {
		t.Fatal(err)
	}
}

// wantLost checks that every call for an attempt returns ErrJobLost.
func wantLost(t *testing.T, w *harness, a video.Assignment) {
	t.Helper()
	ctx := context.Background()
	_, err := w.RenewJob(ctx, a.VideoID, a.Attempt, 50)
	for what, err := range map[string]error{
		"renew":   err,
		"reserve": w.ReserveOutputs(ctx, a.VideoID, a.Attempt, []video.Extent{{Key: a.OutputPrefix + "x", Parts: 1}}),
		"finish":  w.FinishJob(ctx, a.VideoID, a.Attempt, result(a)),
		"fail":    w.FailJob(ctx, a.VideoID, a.Attempt, videov1.FailureCodec),
		"release": w.ReleaseJob(ctx, a.VideoID, a.Attempt, ""),
	} {
		t.Run(what, func(t *testing.T) { wantError(t, err, video.ErrJobLost) })
	}
}

func wantRemovals(t *testing.T, w *harness, want []video.Removal) {
	t.Helper()
	got := w.store.Removals()
	equal := slices.EqualFunc(got, want, func(a, b video.Removal) bool {
		return a.ID == b.ID && a.VideoID == b.VideoID && a.Layout == b.Layout && a.DueAtMs == b.DueAtMs && slices.Equal(a.Extents, b.Extents)
	})
	if !equal {
		t.Errorf("removals %+v, want %+v", got, want)
	}
}

// A result after the end of the lease counts until the next claim.
func TestLateResultBeforeTheNextClaim(t *testing.T) {
	w := newHarness()
	w.publish(t)
	a := w.claim(t)
	w.reserve(t, a)
	w.clock.Move(lease + time.Second)
	if err := w.FinishJob(context.Background(), 1, a.Attempt, result(a)); err != nil {
		t.Fatal(err)
	}
	w.nothingDue(t)
}

func TestVideoFailsAfterDeadWorkers(t *testing.T) {
	w := newHarness()
	v := w.publish(t)
	other := w.publish(t)
	for range 3 {
		if a := w.claim(t); a.VideoID != v.ID {
			t.Fatalf("claimed %d", a.VideoID)
		}
		w.clock.Move(lease)
		if job, _ := w.store.Job(other.ID); job.Attempt == 0 {
			w.claim(t)
			if _, err := w.RenewJob(context.Background(), other.ID, 1, 0); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.RenewJob(context.Background(), other.ID, 1, 0); err != nil {
			t.Fatal(err)
		}
	}
	third := w.publish(t)
	if a := w.claim(t); a.VideoID != third.ID {
		t.Errorf("claimed %+v, want the next job", a)
	}
	got := w.video(t, v.ID)
	if got.State != video.StateFailed || got.FailureReason != videov1.FailureWorkersDied || got.Version != 2 {
		t.Errorf("after three dead workers: %+v", got)
	}
	if _, there := w.store.Job(v.ID); there {
		t.Error("the job is still there")
	}
}

func TestReserveOutputs(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	w.publish(t)
	a := w.claim(t)
	one := func(key string, parts int) []video.Extent { return []video.Extent{{Key: key, Parts: parts}} }
	many := make([]video.Extent, 5_001)
	for i := range many {
		many[i] = video.Extent{Key: a.OutputPrefix + "hls/720/" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)), Parts: 1}
	}
	for name, extents := range map[string][]video.Extent{
		"None":             {},
		"TooMany":          many,
		"TheSource":        one("videos/1/source", 1),
		"AnotherVideo":     one("videos/2/1/play", 1),
		"AnotherAttempt":   one("videos/1/11/play", 1),
		"ThePrefixAlone":   one(a.OutputPrefix, 1),
		"OutOfTheFolder":   one(a.OutputPrefix+"../source", 1),
		"EmptyElement":     one(a.OutputPrefix+"hls//a", 1),
		"OtherCharacters":  one(a.OutputPrefix+"PLAY", 1),
		"KeyTooLong":       one(a.OutputPrefix+string(slices.Repeat([]byte{'a'}, 100)), 1),
		"NoPart":           one(a.OutputPrefix+"play", 0),
		"PartsTooMany":     one(a.OutputPrefix+"play", 100_001),
		"PartsTooManyEach": {{Key: a.OutputPrefix + "a", Parts: 60_000}, {Key: a.OutputPrefix + "b", Parts: 60_000}},
		"Twice":            {{Key: a.OutputPrefix + "a", Parts: 1}, {Key: a.OutputPrefix + "a", Parts: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, w.ReserveOutputs(ctx, 1, a.Attempt, extents), video.ErrOutputsInvalid)
		})
	}
	if left := w.store.Outputs(1); len(left) != 0 {
		t.Fatalf("refused, but stored %+v", left)
	}
	for range 2 {
		if err := w.ReserveOutputs(ctx, 1, a.Attempt, many[:5_000]); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, w.ReserveOutputs(ctx, 1, a.Attempt, many[:4_999]), video.ErrOutputsInvalid)
	if left := w.store.Outputs(1); len(left) != 1 || left[0].Attempt != 1 || !slices.Equal(left[0].Extents, many[:5_000]) {
		t.Error("the stored outputs differ from the reserved ones")
	}
}
