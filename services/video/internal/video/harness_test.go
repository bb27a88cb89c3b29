package video_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

const (
	amy      = int64(1) // exists
	bob      = int64(2) // exists
	stranger = int64(3) // does not exist

	partSize = 10
	maxSize  = 95

	lease = 30 * time.Second
	grace = 2 * time.Minute
)

// harness is a service on fakes.
type harness struct {
	*video.Service
	store   *fake.Store
	authors *fake.Authors
	objects *fake.Objects
	hot     *fake.Hot
	clock   *fake.Clock
}

func newHarness() *harness {
	clock := fake.NewClock(time.UnixMilli(1_700_000_000_000))
	w := &harness{
		store:   fake.NewStore(clock),
		authors: &fake.Authors{Known: map[int64]bool{amy: true, bob: true}},
		objects: fake.NewObjects(),
		hot:     &fake.Hot{},
		clock:   clock,
	}
	w.Service = video.New(video.Ports{
		Uploads: w.store, Videos: w.store, Lifecycles: w.store, Removals: w.store, Authors: w.authors, Objects: w.objects, Hot: w.hot,
		IDs: &fake.IDs{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, video.Limits{
		MaxSize: maxSize, PartSize: partSize, DirectPartSize: 50, Allowance: video.Allowance{OpenUploads: 3, Waiting: 1_000}, Expiry: 2 * time.Hour,
		JobLease: lease, JobTries: 3, Grace: grace, FailedKept: 72 * time.Hour,
	})
	return w
}

// begin begins an upload of amy and stores all of its possible parts.
func (w *harness) begin(t *testing.T) video.Upload {
	t.Helper()
	u, err := w.BeginUpload(context.Background(), amy, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	w.objects.Write(u.ObjectKey, u.Parts())
	return u
}

// commit commits an upload of amy.
func (w *harness) commit(u video.Upload, o video.Object) (video.Video, error) {
	return w.CommitUpload(context.Background(), u.VideoID, amy, "a title", o)
}

// publish begins an upload, stores its parts and commits it.
func (w *harness) publish(t *testing.T) video.Video {
	t.Helper()
	u, err := w.BeginUpload(context.Background(), amy, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	w.objects.Write(u.ObjectKey, written(u).Parts())
	v, err := w.commit(u, written(u))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// show publishes and processes.
func (w *harness) show(t *testing.T) video.Video {
	t.Helper()
	v := w.publish(t)
	a := w.claim(t)
	if a.VideoID != v.ID {
		t.Fatalf("claimed the job of %d, want that of %d", a.VideoID, v.ID)
	}
	w.reserve(t, a)
	if err := w.FinishJob(context.Background(), a.VideoID, a.Attempt, result(a)); err != nil {
		t.Fatal(err)
	}
	return w.video(t, v.ID)
}

// claim claims the next job.
func (w *harness) claim(t *testing.T) video.Assignment {
	t.Helper()
	a, found, err := w.ClaimJob(context.Background())
	if err != nil || !found {
		t.Fatalf("no job: %v", err)
	}
	return a
}

// reserve reserves the outputs of result and stores them.
func (w *harness) reserve(t *testing.T, a video.Assignment) []video.Extent {
	t.Helper()
	extents := []video.Extent{
		{Key: a.OutputPrefix + "play", Parts: 3}, {Key: a.OutputPrefix + "cover", Parts: 1},
		{Key: a.OutputPrefix + "hls/index", Parts: 1}, {Key: a.OutputPrefix + "hls/720/00000", Parts: 2},
	}
	if err := w.ReserveOutputs(context.Background(), a.VideoID, a.Attempt, extents); err != nil {
		t.Fatal(err)
	}
	for _, e := range extents {
		w.objects.Write(e.Key, e.Parts)
	}
	return extents
}

// result is the result of an attempt.
func result(a video.Assignment) video.Result {
	output := func(name string, size int64, contentType string) video.Object {
		key := a.OutputPrefix + name
		return video.Object{
			Key: key, Size: size, PartSize: a.PartSize, SHA256: sha256.Sum256([]byte(key)),
			ContentType: contentType, Layout: a.Source.Layout,
		}
	}
	play, index := output("play", 30, "video/mp4"), output("hls/index", 5, "application/x-protobuf")
	return video.Result{
		SourceSHA256: a.Source.SHA256, Play: &play, Cover: output("cover", 10, "image/jpeg"), HLS: &index,
		DurationMs: 1_500, Width: 720, Height: 1280,
	}
}

// video reads an existing video.
func (w *harness) video(t *testing.T, id int64) video.Video {
	t.Helper()
	found, err := w.GetVideos(context.Background(), []int64{id})
	if err != nil || len(found) != 1 {
		t.Fatalf("video %d: %+v, %v", id, found, err)
	}
	return found[0]
}

// works is the works counter of amy.
func (w *harness) works(t *testing.T) int64 {
	t.Helper()
	counts, err := w.CountWorks(context.Background(), []int64{amy})
	if err != nil {
		t.Fatal(err)
	}
	return counts[0].Works
}

// written is the manifest of the object of an upload.
func written(u video.Upload) video.Object {
	return video.Object{
		Key: u.ObjectKey, Size: 25, PartSize: u.PartSize,
		SHA256: sha256.Sum256([]byte(u.ObjectKey)), ContentType: "video/mp4",
	}
}

func wantError(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("error is %v, want %v", got, want)
	}
}
