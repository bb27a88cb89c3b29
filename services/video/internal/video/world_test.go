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
	stranger = int64(3) // does not

	partSize = 10
	maxSize  = 95
)

// world is a service on fakes.
type world struct {
	*video.Service
	store   *fake.Store
	authors *fake.Authors
	objects *fake.Objects
	hot     *fake.Hot
	clock   *fake.Clock
}

func newWorld() *world {
	w := &world{
		store:   fake.NewStore(),
		authors: &fake.Authors{Known: map[int64]bool{amy: true, bob: true}},
		objects: fake.NewObjects(),
		hot:     &fake.Hot{},
		clock:   fake.NewClock(time.UnixMilli(1_700_000_000_000)),
	}
	w.Service = video.New(video.Ports{
		Uploads: w.store, Videos: w.store, Authors: w.authors, Objects: w.objects, Hot: w.hot,
		IDs: &fake.IDs{}, Clock: w.clock.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, video.Limits{MaxSize: maxSize, PartSize: partSize, OpenUploads: 3, Expiry: 2 * time.Hour})
	return w
}

// begin opens an upload of amy and "writes" all the parts it may have.
func (w *world) begin(t *testing.T) video.Upload {
	t.Helper()
	u, err := w.BeginUpload(context.Background(), amy, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.objects.Write(u.ObjectKey, u.Parts())
	return u
}

// commit makes a video of amy's upload.
func (w *world) commit(u video.Upload, o video.Object) (video.Video, error) {
	return w.CommitUpload(context.Background(), u.VideoID, amy, "a title", o)
}

// publish begins and commits.
func (w *world) publish(t *testing.T) video.Video {
	t.Helper()
	u := w.begin(t)
	v, err := w.commit(u, written(u))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// written is the manifest of what was written for an upload.
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
