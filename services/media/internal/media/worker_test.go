package media_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/media/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const lease = 30 * time.Second

// film is an MP4 that fits.
func film() media.Film {
	return media.Film{
		Duration: 6 * time.Second, Bytes: 1 << 20, FastStart: true,
		Picture: &media.Picture{
			Codec: "h264", EightBit: true, Square: true, Rate: media.Rate{Num: 30, Den: 1},
			Stored: media.Size{Width: 1280, Height: 720}, Shown: media.Size{Width: 1280, Height: 720},
		},
	}
}

// world is workers on fakes. Time in it passes by itself (synctest).
type world struct {
	jobs       *fake.Jobs
	objects    *fake.Objects
	transcoder *fake.Transcoder
	folder     string
	workers    *media.Workers
	log        bytes.Buffer
	stop       func()
}

// indexer encodes the names of tracks.
type indexer struct{}

func (indexer) Encode(tracks []media.Track) ([]byte, error) {
	var names []string
	for _, t := range tracks {
		names = append(names, t.Name)
	}
	return []byte(strings.Join(names, ",")), nil
}

func newWorld(t *testing.T, workers int) *world {
	t.Helper()
	w := &world{jobs: fake.NewJobs(lease), objects: fake.NewObjects(), transcoder: &fake.Transcoder{Film: film()}, folder: filepath.Join(t.TempDir(), "jobs")}
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

// add puts an upload into the queue.
func (w *world) add(videoID int64) {
	key := "videos/" + string(rune('0'+videoID)) + "/source"
	w.jobs.Add(media.Job{
		Ref: media.Ref{VideoID: videoID}, Prefix: "videos/" + string(rune('0'+videoID)) + "/1/", PartSize: 1 << 20,
		Source: w.objects.Put(key, []byte("\x00\x00\x00\x18ftypisom film")),
	})
}

// run starts the workers; they are stopped with the test.
func (w *world) run(t *testing.T) {
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

// inBubble runs a test in which time passes by itself.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t) })
}

func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestJobBecomesAResult(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
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

// Nothing is written that was not reserved before.
func TestNothingIsWrittenUnreserved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.jobs.Trouble("Reserve", func() error { return media.ErrJobLost })
		w.add(1)
		w.run(t)
		after(time.Second)
		if keys := w.objects.Keys(); len(keys) != 1 || w.jobs.Settled() != 0 || len(w.jobs.Released) != 0 {
			t.Errorf("objects %v, released %v", keys, w.jobs.Released)
		}
	})
}

func TestFailureIsToldAndTroubleGivesBack(t *testing.T) {
	down := &errs.Error{Code: errs.Unavailable}
	tests := map[string]struct {
		prepare  func(w *world)
		reason   string
		released bool
	}{
		"probe says unreadable": {func(w *world) {
			w.transcoder.OnProbe = func(context.Context, media.File) error { return media.Fail(media.Unreadable, "bad") }
		}, media.Unreadable, false},
		"no picture":       {func(w *world) { w.transcoder.Film.Picture = nil }, media.NoPicture, false},
		"fetch in trouble": {func(w *world) { w.objects.OnFetch = func(context.Context) error { return down } }, "", true},
		"store in trouble": {func(w *world) { w.objects.OnStore = func(context.Context, string) error { return down } }, "", true},
		"out of time": {func(w *world) {
			w.transcoder.OnMake = func(ctx context.Context, _ func(time.Duration)) error {
				<-ctx.Done()
				return &media.Stopped{CPU: 3 * time.Minute, Wall: 4 * time.Minute, Cause: context.Cause(ctx)}
			}
		}, media.TooComplex, false},
		"out of time on a busy machine": {func(w *world) {
			w.transcoder.OnMake = func(ctx context.Context, _ func(time.Duration)) error {
				<-ctx.Done()
				return &media.Stopped{CPU: time.Minute, Wall: 4 * time.Minute, Cause: context.Cause(ctx)}
			}
		}, "", true},
		"longer than it says": {func(w *world) {
			w.transcoder.Made = func(media.Order) (media.Made, error) { return media.Made{Duration: 31 * time.Minute, Clean: true}, nil }
		}, media.TooLong, false},
		"most is missing": {func(w *world) {
			w.transcoder.Made = func(media.Order) (media.Made, error) { return media.Made{Duration: 2 * time.Second}, nil }
		}, media.Unreadable, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, 1)
				test.prepare(w)
				w.add(1)
				w.run(t)
				after(5 * time.Minute)
				w.stop()
				if w.jobs.Failures[1] != test.reason || (len(w.jobs.Released) > 0) != test.released {
					t.Errorf("failed with %q, released %v, want %q and %v: %s", w.jobs.Failures[1], w.jobs.Released, test.reason, test.released, &w.log)
				}
			})
		})
	}
}

// What goes wrong on this machine each time has an end; trouble of others has
// none.
func TestTroubleThatComesBackEachTime(t *testing.T) {
	down := &errs.Error{Code: errs.Unavailable}
	refused := func(reason string) func() error {
		return func() error { return errs.New(errs.Invalid, reason, "") }
	}
	tests := map[string]struct {
		prepare func(w *world)
		reason  string // of the fifth attempt; none: it goes on
	}{
		"program in trouble": {func(w *world) {
			w.transcoder.OnMake = func(context.Context, func(time.Duration)) error { return errors.New("no space left on device") }
		}, media.TooComplex},
		"probe in trouble": {func(w *world) {
			w.transcoder.OnProbe = func(context.Context, media.File) error { return errors.New("killed") }
		}, media.TooComplex},
		"made no file": {func(w *world) {
			w.transcoder.Made = func(media.Order) (media.Made, error) {
				return media.Made{Duration: 6 * time.Second, Clean: true, Tracks: []media.MadeTrack{{Name: "1", File: "none"}}}, nil
			}
		}, media.TooComplex},
		"outputs are refused": {func(w *world) { w.jobs.Trouble("Reserve", refused("OUTPUTS_INVALID")) }, media.TooComplex},
		"result is refused":   {func(w *world) { w.jobs.Trouble("Finish", refused("OBJECT_INVALID")) }, media.TooComplex},
		"source is lost, or the store is not mounted": {func(w *world) {
			w.objects.OnFetch = func(context.Context) error { return media.Fail(media.SourceLost, "gone") }
		}, media.SourceLost},
		"fetch in trouble":            {func(w *world) { w.objects.OnFetch = func(context.Context) error { return down } }, ""},
		"store in trouble":            {func(w *world) { w.objects.OnStore = func(context.Context, string) error { return down } }, ""},
		"nobody answers reservations": {func(w *world) { w.jobs.Trouble("Reserve", func() error { return down }) }, ""},
		"nobody answers results":      {func(w *world) { w.jobs.Trouble("Finish", func() error { return down }) }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, 1)
				test.prepare(w)
				w.add(1)
				w.run(t)
				after(time.Hour)
				if w.jobs.Failures[1] != test.reason || test.reason != "" && len(w.jobs.Released) != 4 || len(w.jobs.Released) < 4 {
					t.Errorf("failed with %q after %d releases, want %q: %s", w.jobs.Failures[1], len(w.jobs.Released), test.reason, &w.log)
				}
			})
		})
	}
}

// A source whose bytes are not those of its manifest is lost; of a plain object
// the manifest does not know them.
func TestChecksumOfTheSource(t *testing.T) {
	for _, whole := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			w := newWorld(t, 1)
			source := w.objects.Put("videos/1/source", []byte("\x00\x00\x00\x18ftypisom film"))
			real := source.SHA256
			source.SHA256[0] ^= 1
			source.Whole = whole
			w.jobs.Add(media.Job{Ref: media.Ref{VideoID: 1}, Prefix: "videos/1/1/", PartSize: 1 << 20, Source: source})
			w.run(t)
			after(time.Second)
			if !whole {
				after(time.Hour)
			}
			if whole && w.jobs.Results[1].SourceSHA256 != real || !whole && w.jobs.Failures[1] != media.SourceLost {
				t.Errorf("whole %v: %+v, %v", whole, w.jobs.Results[1], w.jobs.Failures)
			}
		})
	}
}

func TestLostLeaseEndsTheWorkAtOnce(t *testing.T) {
	tests := map[string]struct {
		renew    func() error
		by       time.Duration // when the work has ended
		released int           // by one who did not die, where nobody else has the job
	}{
		"another has it":    {func() error { return media.ErrJobLost }, lease/3 + time.Second, 0},
		"nobody can be had": {func() error { return &errs.Error{Code: errs.Unavailable} }, lease + time.Second, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, 1)
				var ended time.Duration
				begin := time.Now()
				w.transcoder.OnMake = func(ctx context.Context, _ func(time.Duration)) error {
					<-ctx.Done()
					if ended == 0 {
						ended = time.Since(begin)
					}
					return context.Cause(ctx)
				}
				w.jobs.Trouble("Renew", test.renew)
				w.jobs.Trouble("Claim", func() error {
					if time.Since(begin) > 0 {
						return errors.New("once is enough")
					}
					return nil
				})
				w.add(1)
				w.run(t)
				after(2 * lease)
				if ended == 0 || ended > test.by {
					t.Errorf("the work ended after %v, want at most %v", ended, test.by)
				}
				if w.jobs.Settled() != 0 || len(w.jobs.Released) != test.released || len(w.objects.Keys()) != 1 {
					t.Errorf("something else was said or written: %v, %v", w.jobs.Released, w.objects.Keys())
				}
			})
		})
	}
}

// One renewal that fails is no reason to stop.
func TestLeaseOutlivesOneFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		n := 0
		w.jobs.Trouble("Renew", func() error {
			if n++; n%2 == 1 {
				return &errs.Error{Code: errs.Timeout}
			}
			return nil
		})
		w.transcoder.OnMake = func(ctx context.Context, _ func(time.Duration)) error {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(90 * time.Second):
				return nil
			}
		}
		w.add(1)
		w.run(t)
		after(2 * time.Minute)
		if len(w.jobs.Results) != 1 {
			t.Errorf("no result after %d renewals: %s", n, &w.log)
		}
	})
}

// The answer to the last call may be lost on the way.
func TestUnknownOutcomeOfFinish(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		n := 0
		w.jobs.Trouble("Finish", func() error {
			if n++; n < 4 {
				return &errs.Error{Code: errs.Timeout}
			}
			return nil
		})
		w.add(1)
		w.run(t)
		after(10 * time.Second)
		if len(w.jobs.Results) != 1 || n != 4 {
			t.Errorf("%d results after %d calls", len(w.jobs.Results), n)
		}
	})
	inBubble(t, func(t *testing.T) { // it was taken, and then the job is somebody else's
		w := newWorld(t, 1)
		w.jobs.Trouble("Finished", func() error { return &errs.Error{Code: errs.Unavailable} })
		w.add(1)
		w.run(t)
		after(time.Minute)
		if len(w.jobs.Results) != 1 || len(w.jobs.Released) != 0 || len(w.jobs.Failures) != 0 {
			t.Errorf("results %v, released %v", w.jobs.Results, w.jobs.Released)
		}
	})
}

func TestStopGivesJobsBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.transcoder.OnMake = func(ctx context.Context, _ func(time.Duration)) error {
			<-ctx.Done()
			return media.Fail(media.Unreadable, "killed: %w", context.Cause(ctx)) // what a killed program looks like
		}
		w.add(1)
		w.add(2)
		w.run(t)
		after(time.Second)
		w.stop()
		if len(w.jobs.Released) != 2 || len(w.jobs.Failures) != 0 {
			t.Errorf("released %v, failed %v", w.jobs.Released, w.jobs.Failures)
		}
	})
}

// A worker that died is followed by another attempt, which does it all.
func TestNextAttemptAfterADeath(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.add(1)
		if _, err := w.jobs.Claim(t.Context()); err != nil { // and never heard of again
			t.Fatal(err)
		}
		w.run(t)
		after(lease / 2)
		if w.jobs.Settled() != 0 {
			t.Error("the job of another was done")
		}
		after(lease)
		if _, ok := w.jobs.Reserved[media.Ref{VideoID: 1, Attempt: 2}]; !ok || len(w.jobs.Results) != 1 {
			t.Errorf("reserved %v, results %v", w.jobs.Reserved, w.jobs.Results)
		}
	})
}

func TestEventWakesAWorker(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.run(t)
		synctest.Wait()
		before := w.jobs.Claims()
		w.add(1)
		for range 10 {
			w.workers.Wake() // never waits
		}
		synctest.Wait()
		if w.jobs.Claims() == before || len(w.jobs.Results) != 1 {
			t.Errorf("%d questions, results %v", w.jobs.Claims()-before, w.jobs.Results)
		}
	})
}

// Without any event the poll finds the job, and asks neither often nor seldom.
func TestPollMakesUpForLostEvents(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.run(t)
		after(time.Minute)
		if n := w.jobs.Claims(); n < 20 || n > 80 {
			t.Errorf("%d questions in a minute by two workers that poll every 3 s", n)
		}
		w.add(1)
		after(5 * time.Second)
		if len(w.jobs.Results) != 1 {
			t.Error("the job was not found")
		}
	})
}

func TestQueueThatIsDownIsOneLine(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.jobs.Trouble("Claim", func() error { return &errs.Error{Code: errs.Unavailable} })
		w.run(t)
		after(time.Minute)
		if n := strings.Count(w.log.String(), "no job can be had"); n != 1 {
			t.Errorf("%d lines", n)
		}
	})
}

// A file that is damaged somewhere is made anew, and never what players get.
func TestDamagedFileIsMadeAnew(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.transcoder.Made = func(o media.Order) (media.Made, error) {
			return media.Made{Duration: 5 * time.Second, Clean: !o.Plan.Keep}, nil
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
		w := newWorld(t, 1)
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
