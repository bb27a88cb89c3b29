package media_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

func TestEventWakesAWorker(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		w.run(t)
		synctest.Wait()
		before := w.jobs.Claims()
		w.add(1)
		for range 10 {
			w.workers.Wake() // never blocks
		}
		synctest.Wait()
		if w.jobs.Claims() == before || len(w.jobs.Results) != 1 {
			t.Errorf("%d claims, results %v", w.jobs.Claims()-before, w.jobs.Results)
		}
	})
}

// Without events, workers find the job by polling at the configured rate.
func TestPollMakesUpForLostEvents(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 2)
		w.run(t)
		after(time.Minute)
		if n := w.jobs.Claims(); n < 20 || n > 80 {
			t.Errorf("%d claims in a minute by two workers that poll every 3 s", n)
		}
		w.add(1)
		after(5 * time.Second)
		if len(w.jobs.Results) != 1 {
			t.Error("the job was not found")
		}
	})
}

func TestOutageOfTheQueueIsLoggedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newHarness(t, 1)
		w.jobs.Inject("Claim", func() error { return &errs.Error{Code: errs.Unavailable} })
		w.run(t)
		after(time.Minute)
		if n := strings.Count(w.log.String(), "claim failed"); n != 1 {
			t.Errorf("%d lines", n)
		}
	})
}
