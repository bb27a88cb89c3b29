package media_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

func TestSourcesFailAndOutagesRelease(t *testing.T) {
	down := &errs.Error{Code: errs.Unavailable}
	tests := map[string]struct {
		prepare  func(w *harness)
		reason   string
		released bool
	}{
		"probe says unreadable": {func(w *harness) {
			w.transcoder.OnProbe = func(context.Context, media.File) error { return media.Fail(videov1.FailureUnreadable, "bad") }
		}, videov1.FailureUnreadable, false},
		"no video stream": {func(w *harness) { w.transcoder.Info.Video = nil }, videov1.FailureNoPicture, false},
		"fetch fails":     {func(w *harness) { w.objects.OnFetch = func(context.Context) error { return down } }, "", true},
		"store fails":     {func(w *harness) { w.objects.OnStore = func(context.Context, string) error { return down } }, "", true},
		"out of time": {func(w *harness) {
			w.transcoder.OnMake = func(ctx context.Context, _ func(time.Duration)) error {
				<-ctx.Done()
				return &media.Stopped{CPU: 3 * time.Minute, Wall: 4 * time.Minute, Cause: context.Cause(ctx)}
			}
		}, videov1.FailureTooComplex, false},
		"out of time on a busy machine": {func(w *harness) {
			w.transcoder.OnMake = func(ctx context.Context, _ func(time.Duration)) error {
				<-ctx.Done()
				return &media.Stopped{CPU: time.Minute, Wall: 4 * time.Minute, Cause: context.Cause(ctx)}
			}
		}, "", true},
		"longer than declared": {func(w *harness) {
			w.transcoder.Output = func(media.Order) (media.Output, error) {
				return media.Output{Duration: 31 * time.Minute, Clean: true}, nil
			}
		}, videov1.FailureTooLong, false},
		"most of the video is missing, but not the audio": {func(w *harness) {
			w.transcoder.Info.Video.Duration = 6 * time.Second
			w.transcoder.Output = func(media.Order) (media.Output, error) {
				return media.Output{Duration: 2 * time.Second, Audio: 6 * time.Second}, nil
			}
		}, videov1.FailureUnreadable, false},
		"most is missing": {func(w *harness) {
			w.transcoder.Output = func(media.Order) (media.Output, error) { return media.Output{Duration: 2 * time.Second}, nil }
		}, videov1.FailureUnreadable, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newHarness(t, 1)
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

// An error on this machine that repeats may be caused by the source. An outage of
// another program never is.
func TestSuspectedReason(t *testing.T) {
	down := &errs.Error{Code: errs.Unavailable}
	refused := func(reason string) func() error {
		return func() error { return errs.New(errs.Invalid, reason, "") }
	}
	tests := map[string]struct {
		prepare func(w *harness)
		want    string
	}{
		"program fails": {func(w *harness) {
			w.transcoder.OnMake = func(context.Context, func(time.Duration)) error { return errors.New("no space left on device") }
		}, videov1.FailureTooComplex},
		"probe fails": {func(w *harness) {
			w.transcoder.OnProbe = func(context.Context, media.File) error { return errors.New("killed") }
		}, videov1.FailureTooComplex},
		"output file is missing": {func(w *harness) {
			w.transcoder.Output = func(media.Order) (media.Output, error) {
				return media.Output{Duration: 6 * time.Second, Clean: true, Tracks: []media.OutputTrack{{Name: "1", File: "none"}}}, nil
			}
		}, videov1.FailureTooComplex},
		"output is a link": {func(w *harness) {
			w.transcoder.Output = func(o media.Order) (media.Output, error) {
				track := media.OutputTrack{Name: "1", File: "link", Header: media.Piece{Length: 1}}
				err := os.Symlink("/etc/hostname", filepath.Join(o.Folder, track.File))
				return media.Output{Duration: 6 * time.Second, Clean: true, Tracks: []media.OutputTrack{track}}, err
			}
		}, videov1.FailureTooComplex},
		"outputs are refused": {func(w *harness) { w.jobs.Inject("Reserve", refused(videov1.ReasonOutputsInvalid)) }, videov1.FailureTooComplex},
		"result is refused":   {func(w *harness) { w.jobs.Inject("Finish", refused(videov1.ReasonObjectInvalid)) }, videov1.FailureTooComplex},
		"source is lost, or the store is not mounted": {func(w *harness) {
			w.objects.OnFetch = func(context.Context) error { return media.Fail(videov1.FailureSourceLost, "gone") }
		}, videov1.FailureSourceLost},
		"fetch fails":   {func(w *harness) { w.objects.OnFetch = func(context.Context) error { return down } }, ""},
		"store fails":   {func(w *harness) { w.objects.OnStore = func(context.Context, string) error { return down } }, ""},
		"reserve fails": {func(w *harness) { w.jobs.Inject("Reserve", func() error { return down }) }, ""},
		"finish fails":  {func(w *harness) { w.jobs.Inject("Finish", func() error { return down }) }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newHarness(t, 1)
				test.prepare(w)
				w.add(1)
				w.run(t)
				after(time.Hour)
				w.stop()
				if w.jobs.Settled() != 0 || len(w.jobs.Suspects) < 5 {
					t.Fatalf("settled %d, released %d times, want none and often: %s", w.jobs.Settled(), len(w.jobs.Suspects), &w.log)
				}
				last := len(w.jobs.Suspects) - 1 // may have been released because of the stop
				for n, got := range w.jobs.Suspects[:last] {
					if got != test.want {
						t.Errorf("attempt %d: suspected %q, want %q", n+1, got, test.want)
					}
				}
			})
		})
	}
}

// A source whose bytes differ from its manifest is lost. The manifest of a plain
// object has no checksum to compare with.
func TestChecksumOfTheSource(t *testing.T) {
	for _, whole := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			w := newHarness(t, 1)
			source := w.objects.Put("videos/1/source", []byte("\x00\x00\x00\x18ftypisom data"))
			real := source.SHA256
			source.SHA256[0] ^= 1
			source.Whole = whole
			w.jobs.Add(media.Job{Ref: media.Ref{VideoID: 1}, Prefix: "videos/1/1/", PartSize: 1 << 20, Source: source})
			w.run(t)
			after(time.Second)
			if whole && w.jobs.Results[1].SourceSHA256 != real || !whole && !slices.Equal(w.jobs.Suspects, []string{videov1.FailureSourceLost}) {
				t.Errorf("whole %v: %+v, %v", whole, w.jobs.Results[1], w.jobs.Suspects)
			}
		})
	}
}
