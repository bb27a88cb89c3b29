package media_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

func TestJobBecomesAResult(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		w.transcoder.OnMake = func(_ context.Context, done func(time.Duration)) error {
			done(3 * time.Second)
			time.Sleep(12 * time.Second)
			return nil
		}
		w.add(1)
		w.run(t)
		after(20 * time.Second)
		r, ok := w.jobs.Results[1]
		if !ok {
			t.Fatalf("no result: %s", &w.log)
		}
		if r.Play != nil || r.Duration != 6*time.Second || r.Size != (media.Size{Width: 1280, Height: 720}) || r.Cover.Key != "videos/1/1/cover" || r.HLS.Key != "videos/1/1/hls/index" {
			t.Errorf("result %+v", r)
		}
		want := []string{"videos/1/1/cover", "videos/1/1/hls/360/00000", "videos/1/1/hls/360/00001", "videos/1/1/hls/360/init",
			"videos/1/1/hls/720/00000", "videos/1/1/hls/720/00001", "videos/1/1/hls/720/init", "videos/1/1/hls/index", "videos/1/source"}
		if got := w.objects.Keys(); !slices.Equal(got, want) {
			t.Errorf("objects %v", got)
		}
		if got := string(w.objects.Get("videos/1/1/hls/720/00001")); got != "second" {
			t.Errorf("the second segment is %q", got)
		}
		if len(w.jobs.Renewed) == 0 || w.jobs.Renewed[0] <= 15 || w.jobs.Renewed[0] >= 85 {
			t.Errorf("renewed with progress %v", w.jobs.Renewed)
		}
	})
}

// Objects are stored only after they were reserved.
func TestNothingIsWrittenUnreserved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		w.jobs.Inject("Reserve", func() error { return media.ErrJobLost })
		w.add(1)
		w.run(t)
		after(time.Second)
		if keys := w.objects.Keys(); len(keys) != 1 || w.jobs.Settled() != 0 || len(w.jobs.Released) != 0 {
			t.Errorf("objects %v, released %v", keys, w.jobs.Released)
		}
	})
}

// A damaged file is encoded and not published unchanged.
func TestDamagedFileIsEncoded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		w.transcoder.Output = func(o media.Order) (media.Output, error) {
			return media.Output{Duration: 5 * time.Second, Clean: !o.Plan.Keep}, nil
		}
		w.add(1)
		w.run(t)
		after(time.Second)
		if r := w.jobs.Results[1]; r.Play == nil || len(w.transcoder.Orders) != 2 {
			t.Errorf("play %v after %d runs", r.Play, len(w.transcoder.Orders))
		}
	})
}

func TestFolderOfADeadProcessIsEmptied(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		if err := os.MkdirAll(filepath.Join(w.folder, "7-1-abc"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.folder, "7-1-abc", "source"), []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.run(t)
		synctest.Wait()
		w.stop() // checks the folder
	})
}

func TestDeletedFolderIsCreatedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		w.run(t)
		synctest.Wait()
		if err := os.RemoveAll(w.folder); err != nil {
			t.Fatal(err)
		}
		w.add(1)
		after(5 * time.Second)
		if len(w.jobs.Results) != 1 {
			t.Errorf("no result: %s", &w.log)
		}
	})
}
