//go:build e2e

package faults

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// A program or sidecar is killed. Requests that need it are refused, all others
// work, and once the starter reports that the stack is well no request fails any
// more.
func TestKilledProgramsComeBack(t *testing.T) {
	// The steps that work without a program.
	withoutUser := []string{"feed", "media", "profile", "publish/list"}
	withoutVideo := []string{"feed", "login", "register", "media"} // a profile counts works
	withoutCounts := []string{"feed", "login", "register", "publish", "media"}
	withoutChat := []string{"feed", "login", "register", "publish", "media", "profile", "publish/list"}
	for _, c := range []struct {
		name     string
		unharmed []string
	}{
		{"user", withoutUser}, {e2etest.Sidecar("user"), withoutUser},
		{"video", withoutVideo}, {e2etest.Sidecar("video"), withoutVideo},
		{"interaction", withoutCounts}, {e2etest.Sidecar("interaction"), withoutCounts},
		{"relation", withoutCounts}, {e2etest.Sidecar("relation"), withoutCounts},
		{"chat", withoutChat}, {e2etest.Sidecar("chat"), withoutChat},
		{"media", withoutChat}, {e2etest.Sidecar("media"), withoutChat},
		{"gateway", nil}, {e2etest.Sidecar("gateway"), []string{"media"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := breakable(t)
			h := newHarness(t)
			watch := observe(t, h.steps())
			old := stack.Kill(t, c.name)
			killed := time.Now()
			e2etest.Within(t, e2etest.Recovery, c.name+" runs again", func(context.Context) error {
				if p := stack.Parts(t)[c.name]; p.PID <= 0 || p.PID == old {
					return fmt.Errorf("pid %d, was %d", p.PID, old)
				}
				return nil
			})
			stack.WaitWell(t)
			took := time.Since(killed)
			watch.recovered(t, h.steps())
			failed, worked, unclear := watch.done()
			t.Logf("well %s after the kill; failed %v, worked %v", took.Round(time.Millisecond), failed, worked)
			for _, name := range c.unharmed {
				if failed[name] > 0 || worked[name] == 0 {
					t.Errorf("%s failed %d times and worked %d times, though it does not need %s", name, failed[name], worked[name], c.name)
				}
			}
			if took > e2etest.Recovery {
				t.Errorf("well only %s after the kill", took)
			}
			if c.name == "gateway" {
				return // connections to it are refused, which is clear too
			}
			for _, failure := range unclear {
				t.Errorf("not a refusal: %s", failure)
			}
		})
	}
}

// doAll does steps at the same time and returns the error of each.
func doAll(t *testing.T, steps []e2etest.Step) []error {
	t.Helper()
	errs := make([]error, len(steps))
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() {
			start := time.Now()
			errs[i] = step.Do(t.Context())
			t.Logf("%s after %s: %v", step.Name, time.Since(start).Round(time.Millisecond), errs[i])
		})
	}
	all.Wait()
	return errs
}

// Without its sidecar a program runs and listens, and yet nobody can call it: calls
// go through the sidecars.
func TestCallsBetweenProgramsGoThroughSidecars(t *testing.T) {
	for _, c := range []struct{ app, need string }{{"user", "login"}, {"video", "publish"}, {"gateway", "login"}} {
		t.Run(c.app, func(t *testing.T) {
			stack := breakable(t)
			h := newHarness(t)
			before := stack.Parts(t)
			stack.StopAll(t, e2etest.Sidecar(c.app))
			for _, err := range doAll(t, slices.Repeat(h.only(c.need), 3)) {
				if !e2etest.IsRefusal(err) {
					t.Errorf("%s without the sidecar of %s: %v, want a refusal", c.need, c.app, err)
				}
			}
			after := stack.Parts(t)
			for _, replica := range stack.Replicas(t, c.app) {
				if after[replica].PID != before[replica].PID {
					t.Errorf("%s was restarted (%d, then %d): only its sidecar should be missing", replica, before[replica].PID, after[replica].PID)
				}
			}
			stack.StartAll(t, e2etest.Sidecar(c.app))
			h.worksAtOnce(t, stack)
		})
	}
}

// While a service is stopped, requests that need it are refused and all others
// work.
func TestStoppedServices(t *testing.T) {
	for _, c := range []struct {
		name            string
		fails, unharmed []string
	}{
		{"user", []string{"login", "register"}, []string{"feed", "media", "profile", "publish/list"}},
		{"video", []string{"publish", "publish/list"}, []string{"feed", "login", "register", "media"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := breakable(t)
			h := newHarness(t)
			stack.StopAll(t, c.name)
			for i, err := range doAll(t, h.only(slices.Concat(c.fails, c.unharmed)...)) {
				switch {
				case i < len(c.fails) && !e2etest.IsRefusal(err):
					t.Errorf("%s: %v, want a refusal", c.fails[i], err)
				case i >= len(c.fails) && err != nil:
					t.Errorf("%s, which does not need %s: %v", c.unharmed[i-len(c.fails)], c.name, err)
				}
			}
			stack.StartAll(t, c.name)
			h.worksAtOnce(t, stack)
		})
	}
}

// Without Redis requests take longer and are answered.
func TestWithoutRedisEverythingIsAnswered(t *testing.T) {
	stack := breakable(t)
	h := newHarness(t)
	stack.Stop(t, "redis")
	for _, step := range h.steps() {
		start := time.Now()
		if err := step.Do(t.Context()); err != nil {
			t.Errorf("%s without Redis: %v", step.Name, err)
		}
		t.Logf("without Redis, %s took %s", step.Name, time.Since(start).Round(time.Millisecond))
	}
	// A change made meanwhile is seen at once, and still after Redis is back with the
	// documents it had before.
	during := e2etest.Publish(t, h.phone, h.user, "without hot documents", e2etest.SmallVideo(t))
	works := e2etest.Profile(t, h.phone, h.user, "").WorkCount

	stack.Start(t, "redis")
	h.worksAtOnce(t, stack)
	e2etest.Within(t, e2etest.Recovery, "the video published without Redis is in the feed", func(ctx context.Context) error {
		feed, err := client.Accepted(h.phone.Feed(ctx, 0, ""))
		if err == nil && !e2etest.HasVideo(feed.Videos, during.ID) {
			err = fmt.Errorf("not among %d videos", len(feed.Videos))
		}
		return err
	})
	if now := e2etest.Profile(t, h.phone, h.user, "").WorkCount; now < works {
		t.Errorf("work_count went back from %d to %d", works, now)
	}
}

// Writes need the database: without it they are refused, and no acknowledged one is
// lost.
func TestDatabaseRestart(t *testing.T) {
	stack := breakable(t)
	h := newHarness(t)
	stack.Kill(t, "mysql")
	killed := time.Now()
	for _, step := range h.steps() {
		limit := max(time.Until(killed.Add(e2etest.Recovery)), time.Millisecond)
		e2etest.Within(t, limit, step.Name+" works again", step.Do)
	}
	t.Logf("all steps work %s after the kill", time.Since(killed).Round(time.Millisecond))
	list := e2etest.Must(h.phone.PublishList(t.Context(), h.user.ID, "", client.Page{}))(t)
	if len(list.Videos) == 0 || list.Videos[len(list.Videos)-1].ID != h.video.ID {
		t.Error("the video acknowledged before the kill is missing")
	}
}
