package video_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// sweep sweeps and checks that it removed that many uploads and nothing else.
func sweep(t *testing.T, w *harness, want int) {
	t.Helper()
	swept, err := w.Sweep(context.Background())
	if err != nil || swept != (video.Swept{Uploads: want}) {
		t.Fatalf("swept %+v, %v; want %d uploads", swept, err, want)
	}
}

func TestSweepExpired(t *testing.T) {
	w := newHarness()
	v := w.publish(t)
	kept := w.objects.Left()
	w.begin(t)
	w.clock.Move(time.Hour)
	young := w.begin(t)

	w.clock.Move(time.Hour + 5*time.Minute - time.Millisecond)
	sweep(t, w, 0) // expired, but a part may be on its way
	w.clock.Move(time.Millisecond)
	sweep(t, w, 1)
	if left := w.store.Uploads(); len(left) != 1 || left[0] != young {
		t.Errorf("left %+v, want the young upload", left)
	}
	if left := w.objects.Left(); left != kept+young.Parts() {
		t.Errorf("%d parts left, want %d", left, kept+young.Parts())
	}
	if found, _ := w.GetVideos(context.Background(), []int64{v.ID}); len(found) != 1 {
		t.Error("a video was swept")
	}
}

// A sidecar goes on storing a part after its client disconnected, so the part can
// appear after the abort removed the others.
func TestSweepRemovesLateParts(t *testing.T) {
	w := newHarness()
	u := w.begin(t)
	if err := w.AbortUpload(context.Background(), u.VideoID, amy); err != nil {
		t.Fatal(err)
	}
	w.objects.Write(u.ObjectKey, 3)
	w.clock.Move(time.Minute)
	sweep(t, w, 1)
	if w.objects.Left() != 0 || len(w.store.Uploads()) != 0 {
		t.Errorf("left: %d parts, rows %+v", w.objects.Left(), w.store.Uploads())
	}
}

func TestSweepFinishesAbort(t *testing.T) {
	w := newHarness()
	u := w.begin(t)
	w.objects.SetDown(true)
	if err := w.AbortUpload(context.Background(), u.VideoID, amy); err != nil {
		t.Fatal(err)
	}
	w.objects.SetDown(false)
	sweep(t, w, 0) // the abort itself may still be running
	w.clock.Move(time.Minute)
	sweep(t, w, 1)
	if w.objects.Left() != 0 || len(w.store.Uploads()) != 0 {
		t.Errorf("left: %d parts, rows %+v", w.objects.Left(), w.store.Uploads())
	}
}

func TestSweepKeepsRowsWhoseRemovalFailed(t *testing.T) {
	w := newHarness()
	u := w.begin(t)
	w.clock.Move(3 * time.Hour)
	w.objects.SetDown(true)
	swept, err := w.Sweep(context.Background())
	wantError(t, err, fake.ErrDown)
	if left := w.store.Uploads(); swept != (video.Swept{}) || len(left) != 1 || !left[0].Aborting {
		t.Fatalf("swept %+v, left %+v; want the row to stay", swept, left)
	}
	w.objects.SetDown(false)
	sweep(t, w, 0) // the claim lasts
	w.clock.Move(time.Hour)
	sweep(t, w, 1)
	if left := w.objects.Left(); left != 0 {
		t.Errorf("%d parts of %+v left", left, u)
	}
}

func TestSweepTakesSeveralClaims(t *testing.T) {
	w := newHarness()
	const uploads = 45
	for id := range int64(uploads) {
		u := video.Upload{VideoID: 1 + id, AuthorID: amy, ObjectKey: "k", PartSize: 1, MaxSize: 1}
		if _, err := w.store.Begin(context.Background(), amy, video.Allowance{OpenUploads: uploads, Waiting: uploads}, func(int64) video.Upload { return u }); err != nil {
			t.Fatal(err)
		}
	}
	sweep(t, w, uploads)
}

// The clock of the harness is fixed, so that only the due upload is swept.
func TestRunSweeper(t *testing.T) {
	w := newHarness()
	w.begin(t)
	w.clock.Move(3 * time.Hour)
	young := w.begin(t)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.RunSweeper(ctx, time.Millisecond) }()

	await(t, func() bool { return slices.Equal(w.store.Uploads(), []video.Upload{young}) })
	w.clock.Move(3 * time.Hour) // in a later round
	await(t, func() bool { return len(w.store.Uploads()) == 0 })
	stop()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the sweeper runs after the end of its context")
	}
}

// await polls until a condition holds.
func await(t *testing.T, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(5 * time.Second)
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not within 5 s")
		}
	}
}

// Whole objects of uploads and videos are removed by their keys.
func TestSweepWholeObjects(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	var begun []video.Upload
	for range 2 {
		u, err := w.BeginUpload(ctx, amy, 0, true)
		if err != nil {
			t.Fatal(err)
		}
		w.objects.WriteWhole(u.ObjectKey)
		begun = append(begun, u)
	}
	o := written(begun[0])
	o.Layout, o.PartSize = video.LayoutWhole, 1<<20
	v, err := w.commit(begun[0], o)
	if err != nil {
		t.Fatal(err)
	}
	a := w.claim(t)
	output := video.Extent{Key: a.OutputPrefix + "cover"} // without parts
	if err := w.ReserveOutputs(ctx, v.ID, a.Attempt, []video.Extent{output}); err != nil {
		t.Fatal(err)
	}
	w.objects.WriteWhole(output.Key)
	if err := w.DeleteVideo(ctx, v.ID, amy); err != nil {
		t.Fatal(err)
	}
	w.clock.Move(3 * time.Hour)
	if swept, err := w.Sweep(ctx); err != nil || swept != (video.Swept{Uploads: 1, Removals: 2}) || w.objects.Left() != 0 {
		t.Errorf("swept %+v, %v, %d objects left", swept, err, w.objects.Left())
	}
}
