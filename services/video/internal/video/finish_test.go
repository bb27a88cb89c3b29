package video_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func TestFinishJob(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	v := w.publish(t)
	w.clock.Move(time.Hour)
	a := w.claim(t)
	extents := w.reserve(t, a)
	r := result(a)
	for range 2 {
		if err := w.FinishJob(ctx, 1, a.Attempt, r); err != nil {
			t.Fatal(err)
		}
	}
	want := v
	want.State, want.ShownAtMs, want.Version, want.Attempt = video.StateReady, w.clock.Now().UnixMilli(), 2, 1
	want.Play, want.Cover, want.HLS = r.Play, &r.Cover, r.HLS
	want.DurationMs, want.Width, want.Height = 1_500, 720, 1_280
	feed, err := w.Feed(ctx, 0, 0)
	if err != nil || len(feed) != 1 || !reflect.DeepEqual(feed[0], want) {
		t.Errorf("the feed is %+v, %v; want %+v", feed, err, want)
	}
	if left := w.store.Outputs(1); len(left) != 1 || left[0].Attempt != 1 || !slices.Equal(left[0].Extents, extents) {
		t.Errorf("the outputs are %+v", left)
	}
	if published := w.store.Published(); len(published) != 2 || published[1] != (fake.Published{Event: video.EventReady, VideoID: 1, Version: 2}) {
		t.Errorf("published %+v", published)
	}
	// The program may have died in the first call.
	if authors := w.hot.Invalidated(); !slices.Equal(authors, []int64{amy, amy}) {
		t.Errorf("invalidated for %v", authors)
	}
	if w.works(t) != 1 || len(w.store.Removals()) != 0 {
		t.Errorf("%d works, removals %+v", w.works(t), w.store.Removals())
	}
	w.nothingDue(t)
	wantError(t, w.FinishJob(ctx, 1, a.Attempt+1, r), video.ErrJobLost)
	wantError(t, w.FailJob(ctx, 1, a.Attempt, videov1.FailureCodec), video.ErrJobLost)
}

func TestFinishJobRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		result func(*video.Result)
		want   error
	}{
		{"NoPlay", func(r *video.Result) { r.Play = nil }, nil},
		{"NoRenditions", func(r *video.Result) { r.HLS = nil }, nil},
		{"AsManyPartsAsReserved", func(r *video.Result) { r.Play.Size = 30 }, nil},
		{"MorePartsThanReserved", func(r *video.Result) { r.Play.Size = 31 }, video.ErrObjectInvalid},
		{"NotReserved", func(r *video.Result) { r.Cover.Key += "2" }, video.ErrObjectInvalid},
		{"TheSourceAsCover", func(r *video.Result) { r.Cover.Key = "videos/1/source" }, video.ErrObjectInvalid},
		{"NoCover", func(r *video.Result) { r.Cover = video.Object{} }, video.ErrObjectInvalid},
		{"AnotherLayout", func(r *video.Result) { r.HLS.Layout = video.LayoutWhole }, video.ErrObjectInvalid},
		{"Empty", func(r *video.Result) { r.HLS.Size = 0 }, video.ErrObjectInvalid},
		{"NoPartSize", func(r *video.Result) { r.HLS.PartSize = 0 }, video.ErrObjectInvalid},
		{"PartsTooGreat", func(r *video.Result) { r.HLS.PartSize = 3<<20 + 1 }, video.ErrObjectInvalid},
		{"TypeOfPlay", func(r *video.Result) { r.Play.ContentType = "text/html" }, video.ErrObjectInvalid},
		{"TypeOfCover", func(r *video.Result) { r.Cover.ContentType = "image/svg+xml" }, video.ErrObjectInvalid},
		{"TypeOfRenditions", func(r *video.Result) { r.HLS.ContentType = "text/html" }, video.ErrObjectInvalid},
		{"OtherBytes", func(r *video.Result) { r.SourceSHA256[0]++ }, video.ErrObjectInvalid},
		{"NoWidth", func(r *video.Result) { r.Width = 0 }, video.ErrRequestInvalid},
		{"NoHeight", func(r *video.Result) { r.Height = -1 }, video.ErrRequestInvalid},
		{"NegativeDuration", func(r *video.Result) { r.DurationMs = -1 }, video.ErrRequestInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newHarness()
			w.publish(t)
			a := w.claim(t)
			w.reserve(t, a)
			r := result(a)
			tt.result(&r)
			wantError(t, w.FinishJob(context.Background(), 1, a.Attempt, r), tt.want)
			if ready := w.video(t, 1).State == video.StateReady; ready != (tt.want == nil) {
				t.Errorf("ready: %v", ready)
			}
		})
	}
}

func TestFinishJobWithoutReserving(t *testing.T) {
	w := newHarness()
	w.publish(t)
	a := w.claim(t)
	wantError(t, w.FinishJob(context.Background(), 1, a.Attempt, result(a)), video.ErrObjectInvalid)
}

// Without an MP4 in the result players get the source, with the content type of an
// MP4.
func TestSourceIsPublishedUnchanged(t *testing.T) {
	w := newHarness()
	u := w.begin(t)
	o := written(u)
	o.ContentType = "video/quicktime"
	if _, err := w.commit(u, o); err != nil {
		t.Fatal(err)
	}
	a := w.claim(t)
	w.reserve(t, a)
	r := result(a)
	r.Play = nil
	if err := w.FinishJob(context.Background(), 1, a.Attempt, r); err != nil {
		t.Fatal(err)
	}
	want := o
	want.ContentType = "video/mp4"
	if v := w.video(t, 1); v.Play == nil || *v.Play != want || v.Source != o {
		t.Errorf("play %+v, want %+v", v.Play, want)
	}
}

// again claims a new job of a ready video.
func again(t *testing.T, w *harness, id int64) video.Assignment {
	t.Helper()
	err := w.store.UpdateLifecycle(context.Background(), id, func(c *video.Lifecycle) error {
		c.Job = &video.Job{Attempt: c.Video.Attempt}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a := w.claim(t)
	if w.video(t, id).State != video.StateReady {
		t.Fatal("not ready while it is processed again")
	}
	w.reserve(t, a)
	return a
}

func TestProcessedAgain(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	before := w.show(t)
	first := w.store.Outputs(1)[0]
	w.clock.Move(time.Hour)
	a := again(t, w, 1)
	if err := w.FinishJob(ctx, 1, a.Attempt, result(a)); err != nil {
		t.Fatal(err)
	}
	v := w.video(t, 1)
	if a.Attempt != 2 || v.Attempt != 2 || v.Play.Key != "videos/1/2/play" || v.Version != 3 {
		t.Errorf("attempt %d: %+v", a.Attempt, v)
	}
	if v.ShownAtMs != before.ShownAtMs || w.works(t) != 1 {
		t.Errorf("shown at %d instead of %d, %d works", v.ShownAtMs, before.ShownAtMs, w.works(t))
	}
	if left := w.store.Removals(); len(left) != 1 || !slices.Equal(left[0].Extents, first.Extents) {
		t.Errorf("removals %+v, want those of the first result", left)
	}
	if left := w.store.Outputs(1); len(left) != 1 || left[0].Attempt != 2 {
		t.Errorf("outputs %+v", left)
	}
}

func TestProcessedAgainAndFailed(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	before := w.show(t)
	a := again(t, w, 1)
	if err := w.FailJob(ctx, 1, a.Attempt, videov1.FailureCodec); err != nil {
		t.Fatal(err)
	}
	if v := w.video(t, 1); !reflect.DeepEqual(v, before) || w.works(t) != 1 {
		t.Errorf("became %+v, was %+v", v, before)
	}
	if left := w.store.Outputs(1); len(left) != 1 || left[0].Attempt != 1 {
		t.Errorf("outputs %+v", left)
	}
	again(t, w, 1)
	for range 4 {
		w.clock.Move(lease)
		if _, _, err := w.ClaimJob(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if v := w.video(t, 1); !reflect.DeepEqual(v, before) {
		t.Errorf("became %+v after its workers died, was %+v", v, before)
	}
	if _, there := w.store.Job(1); there {
		t.Error("the job is still there")
	}
}

// errNoCommit is the error of commitless.
var errNoCommit = errors.New("not committed")

// commitless is a Hot that does not commit.
type commitless struct{}

func (commitless) Change(context.Context, int64, func(context.Context) error) error {
	return errNoCommit
}

// Hot documents are invalidated before a video becomes ready or is deleted.
func TestCommitsComeAfterTheInvalidation(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	shown := w.show(t)
	w.publish(t)
	a := w.claim(t)
	w.reserve(t, a)
	w.Hot = commitless{}
	wantError(t, w.FinishJob(ctx, a.VideoID, a.Attempt, result(a)), errNoCommit)
	wantError(t, w.DeleteVideo(ctx, shown.ID, amy), errNoCommit)
	if v := w.video(t, a.VideoID); v.State != video.StateProcessing || w.video(t, shown.ID).State != video.StateReady || w.works(t) != 1 {
		t.Errorf("committed outside Change: state %v, %d works", v.State, w.works(t))
	}
}
