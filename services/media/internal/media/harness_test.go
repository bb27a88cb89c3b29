package media_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/media/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

const lease = 30 * time.Second

// fittingInfo describes an MP4 that is kept.
func fittingInfo() media.Info {
	return media.Info{
		Duration: 6 * time.Second, Bytes: 1 << 20, FastStart: true,
		Video: &media.VideoStream{
			Codec: "h264", EightBit: true, Square: true, Rate: media.Rate{Num: 30, Den: 1},
			Stored: media.Size{Width: 1280, Height: 720}, Shown: media.Size{Width: 1280, Height: 720},
		},
	}
}

// harness is workers on fakes. Its time is that of synctest.
type harness struct {
	jobs       *fake.Jobs
	objects    *fake.Objects
	transcoder *fake.Transcoder
	folder     string
	workers    *media.Workers
	log        bytes.Buffer
	stop       func()
}

// indexer encodes only the names of tracks.
type indexer struct{}

func (indexer) Encode(tracks []media.Track) ([]byte, error) {
	var names []string
	for _, t := range tracks {
		names = append(names, t.Name)
	}
	return []byte(strings.Join(names, ",")), nil
}

func newHarness(t *testing.T, workers int) *harness {
	t.Helper()
	w := &harness{jobs: fake.NewJobs(lease), objects: fake.NewObjects(), transcoder: &fake.Transcoder{Info: fittingInfo()}, folder: filepath.Join(t.TempDir(), "jobs")}
	w.workers = media.New(media.Ports{
		Jobs: w.jobs, Objects: w.objects, Transcoder: w.transcoder, Index: indexer{}, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	}, media.Options{Workers: workers, Poll: 3 * time.Second, Folder: w.folder, Limits: limits()})
	return w
}

func limits() media.Limits {
	return media.Limits{
		MaxDuration: 30 * time.Minute, MaxPixels: 4096 * 2304, MaxSide: 4096, MinSide: 16, MaxBitrate: 16_000_000,
		Heights: []int{720, 360}, MaxWork: 20 * time.Minute,
	}
}

// add adds a job with a source.
func (w *harness) add(videoID int64) {
	key := "videos/" + string(rune('0'+videoID)) + "/source"
	w.jobs.Add(media.Job{
		Ref: media.Ref{VideoID: videoID}, Prefix: "videos/" + string(rune('0'+videoID)) + "/1/", PartSize: 1 << 20,
		Source: w.objects.Put(key, []byte("\x00\x00\x00\x18ftypisom data")),
	})
}

// run starts the workers and stops them at the end of the test.
func (w *harness) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.workers.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(w.folder); err != nil || len(left) > 0 {
			t.Errorf("left in the folder: %v, %v", left, err)
		}
	})
	t.Cleanup(w.stop)
}

// inBubble runs a test in a synctest bubble.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t) })
}

func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
