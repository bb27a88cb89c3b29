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

func TestDeleteVideo(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	v := w.show(t)
	extents := w.store.Outputs(1)[0].Extents
	wantError(t, w.DeleteVideo(ctx, 1, bob), video.ErrVideoForeign)
	wantError(t, w.DeleteVideo(ctx, 99, amy), video.ErrVideoUnknown)
	wantError(t, w.DeleteVideo(ctx, 0, amy), video.ErrRequestInvalid)
	wantError(t, w.DeleteVideo(ctx, 1, 0), video.ErrRequestInvalid)
	if w.video(t, 1).State != video.StateReady {
		t.Fatal("a refusal changed something")
	}
	before := len(w.hot.Invalidated())
	for range 2 {
		if err := w.DeleteVideo(ctx, 1, amy); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, w.DeleteVideo(ctx, 1, bob), video.ErrVideoForeign)
	if got := w.hot.Invalidated()[before:]; !slices.Equal(got, []int64{amy, amy}) { // the program may have died in the first call
		t.Errorf("invalidated for %v", got)
	}
	if found, _ := w.GetVideos(ctx, []int64{1}); len(found) != 0 || w.works(t) != 0 {
		t.Errorf("found %+v, %d works", found, w.works(t))
	}
	due := w.clock.Now().UnixMilli() // no worker is left
	wantRemovals(t, w, []video.Removal{
		{ID: 1, VideoID: 1, Extents: extents, DueAtMs: due},
		{ID: 2, VideoID: 1, Extents: []video.Extent{v.Source.Extent()}, DueAtMs: due},
	})
	events := w.store.Published()
	if last := events[len(events)-1]; len(events) != 3 || last != (fake.Published{Event: video.EventDeleted, VideoID: 1, Version: 3}) {
		t.Errorf("published %+v", events)
	}
	if err := w.AbortUpload(ctx, 1, amy); err != nil {
		t.Errorf("aborting a deleted video: %v", err)
	}
}

func TestDeleteOpenUpload(t *testing.T) {
	w := newHarness()
	u := w.begin(t)
	wantError(t, w.DeleteVideo(context.Background(), u.VideoID, amy), video.ErrVideoUnknown)
	if len(w.store.Uploads()) != 1 {
		t.Error("the upload is gone")
	}
}

func TestDeleteWhileProcessing(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	w.publish(t)
	a := w.claim(t)
	w.reserve(t, a)
	if err := w.DeleteVideo(ctx, 1, amy); err != nil {
		t.Fatal(err)
	}
	wantLost(t, w, a)
	w.nothingDue(t)
	// The source is removed at once. The worker may write until its lease ends, and a
	// part may be on its way.
	for _, swept := range []video.Swept{{Removals: 1}, {}} {
		if got, err := w.Sweep(ctx); err != nil || got != swept {
			t.Fatalf("swept %+v, %v", got, err)
		}
		w.clock.Move((lease + grace - time.Millisecond) / 2)
	}
	w.clock.Move(2 * time.Millisecond)
	if swept, err := w.Sweep(ctx); err != nil || swept != (video.Swept{Removals: 1}) {
		t.Fatalf("swept %+v, %v", swept, err)
	}
	if w.objects.Left() != 0 || len(w.store.Removals()) != 0 || len(w.store.Outputs(1)) != 0 {
		t.Errorf("%d parts left, removals %+v", w.objects.Left(), w.store.Removals())
	}
}

func TestSweepKeepsRemovalsThatFail(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	for range 3 {
		v := w.show(t)
		if err := w.DeleteVideo(ctx, v.ID, amy); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.Move(grace)
	w.objects.SetDown(true)
	swept, err := w.Sweep(ctx)
	wantError(t, err, fake.ErrDown)
	if left := w.store.Removals(); swept != (video.Swept{}) || len(left) != 6 {
		t.Fatalf("swept %+v, left %+v", swept, left)
	}
	w.objects.SetDown(false)
	// The failed round ended after three, whose claims last.
	if swept, err := w.Sweep(ctx); err != nil || swept != (video.Swept{Removals: 3}) {
		t.Fatalf("swept %+v, %v", swept, err)
	}
	w.clock.Move(time.Hour)
	if swept, err := w.Sweep(ctx); err != nil || swept != (video.Swept{Removals: 3}) || w.objects.Left() != 0 {
		t.Fatalf("swept %+v, %v, %d parts left", swept, err, w.objects.Left())
	}
}

func TestSweepFailed(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	for range 25 {
		w.publish(t)
		a := w.claim(t)
		w.reserve(t, a)
		if err := w.FailJob(ctx, a.VideoID, a.Attempt, videov1.FailureUnreadable); err != nil {
			t.Fatal(err)
		}
	}
	kept := w.show(t)
	parts := w.objects.Left()
	w.clock.Move(lease + grace)
	if swept, err := w.Sweep(ctx); err != nil || swept != (video.Swept{Removals: 50}) {
		t.Fatalf("swept %+v, %v; want only the objects removed", swept, err)
	}
	if left := w.objects.Left(); left == parts || left == 0 {
		t.Errorf("%d parts left of %d", left, parts)
	}
	w.clock.Move(72*time.Hour - lease - grace - time.Millisecond)
	if swept, err := w.Sweep(ctx); err != nil || swept != (video.Swept{}) {
		t.Fatalf("swept %+v, %v", swept, err)
	}
	w.clock.Move(time.Millisecond)
	if swept, err := w.Sweep(ctx); err != nil || swept != (video.Swept{Failed: 25}) {
		t.Fatalf("swept %+v, %v", swept, err)
	}
	own, _, err := w.ListByAuthor(ctx, amy, 0, 0, true)
	if err != nil || len(own) != 1 || own[0].ID != kept.ID || w.works(t) != 1 {
		t.Errorf("left %+v, %v", own, err)
	}
	if events := w.store.Published(); events[len(events)-1].Event != video.EventDeleted || events[len(events)-1].Version != 3 {
		t.Errorf("published %+v", events[len(events)-1])
	}
	if len(w.store.Removals()) != 0 {
		t.Errorf("removals %+v", w.store.Removals())
	}
	if err := w.DeleteVideo(ctx, 1, amy); err != nil {
		t.Errorf("deleting a swept video: %v", err)
	}
}
