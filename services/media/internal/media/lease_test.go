package media_test

import (
	"context"
	"errors"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

func TestLostLeaseEndsTheWorkAtOnce(t *testing.T) {
	tests := map[string]struct {
		renew    func() error
		by       time.Duration // limit for the end of the work
		released int           // if no other worker holds the job
	}{
		"another worker holds it": {func() error { return media.ErrJobLost }, lease/3 + time.Second, 0},
		"video service down":      {func() error { return &errs.Error{Code: errs.Unavailable} }, lease + time.Second, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newHarness(t, 1)
				var ended time.Duration
				begin := time.Now()
				w.transcoder.OnMake = func(ctx context.Context, _ func(time.Duration)) error {
					<-ctx.Done()
					if ended == 0 {
						ended = time.Since(begin)
					}
					return context.Cause(ctx)
				}
				w.jobs.Inject("Renew", test.renew)
				w.jobs.Inject("Claim", func() error {
					if time.Since(begin) > 0 {
						return errors.New("only one job")
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
					t.Errorf("released %v, objects %v", w.jobs.Released, w.objects.Keys())
				}
			})
		})
	}
}

// A single failed renewal does not end the work.
func TestLeaseOutlivesOneFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		n := 0
		w.jobs.Inject("Renew", func() error {
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

// The response to Finish may be lost.
func TestUnknownOutcomeOfFinish(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		n := 0
		w.jobs.Inject("Finish", func() error {
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
	inBubble(t, func(t *testing.T) { // the result was stored, so the retry finds no job
		w := newHarness(t, 1)
		w.jobs.Inject("Finished", func() error { return &errs.Error{Code: errs.Unavailable} })
		w.add(1)
		w.run(t)
		after(time.Minute)
		if len(w.jobs.Results) != 1 || len(w.jobs.Released) != 0 || len(w.jobs.Failures) != 0 {
			t.Errorf("results %v, released %v", w.jobs.Results, w.jobs.Released)
		}
	})
}

func TestStopReleasesJobs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 2)
		w.transcoder.OnMake = func(ctx context.Context, _ func(time.Duration)) error {
			<-ctx.Done()
			return media.Fail(videov1.FailureUnreadable, "killed: %w", context.Cause(ctx)) // as after a killed program
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

// If a worker dies, another attempt starts from the beginning.
func TestNextAttemptAfterADeath(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		w.add(1)
		if _, err := w.jobs.Claim(t.Context()); err != nil { // by a worker that dies
			t.Fatal(err)
		}
		w.run(t)
		after(lease / 2)
		if w.jobs.Settled() != 0 {
			t.Error("a job that another worker holds was processed")
		}
		after(lease)
		if _, ok := w.jobs.Reserved[media.Ref{VideoID: 1, Attempt: 2}]; !ok || len(w.jobs.Results) != 1 {
			t.Errorf("reserved %v, results %v", w.jobs.Reserved, w.jobs.Results)
		}
	})
}
