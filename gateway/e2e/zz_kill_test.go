//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// Any service and any sidecar is killed the hard way. What needs it fails with
// a clear error, the rest goes on, and all is well soon without a hand.
func TestKilledProgramsComeBack(t *testing.T) {
	stack := theStack(t)
	for _, c := range []struct {
		name string
		// unharmed are the steps that must not fail a single time.
		unharmed []string
		// door says that the gateway itself is gone: connections are refused,
		// which is as clear as it can be.
		door bool
	}{
		{"user", []string{"feed", "media", "profile", "publish/list"}, false},
		{sidecarOf("user"), []string{"feed", "media", "profile", "publish/list"}, false},
		// A profile counts the works, so it needs video.
		{"video", []string{"feed", "login", "register", "media"}, false},
		{sidecarOf("video"), []string{"feed", "login", "register", "media"}, false},
		{"interaction", []string{"feed", "login", "register", "publish", "media"}, false},
		{sidecarOf("interaction"), []string{"feed", "login", "register", "publish", "media"}, false},
		{"relation", []string{"feed", "login", "register", "publish", "media"}, false},
		{sidecarOf("relation"), []string{"feed", "login", "register", "publish", "media"}, false},
		{"chat", []string{"feed", "login", "register", "publish", "media", "profile", "publish/list"}, false},
		{sidecarOf("chat"), []string{"feed", "login", "register", "publish", "media", "profile", "publish/list"}, false},
		{"media", []string{"feed", "login", "register", "publish", "media", "profile", "publish/list"}, false},
		{sidecarOf("media"), []string{"feed", "login", "register", "publish", "media", "profile", "publish/list"}, false},
		{"gateway", nil, true},
		{sidecarOf("gateway"), []string{"media"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			watch := observe(t, s.all())
			old := stack.kill(t, c.name)
			killed := time.Now()
			within(t, recovery, c.name+" runs again", func(context.Context) error {
				if p := stack.processes(t)[c.name]; p.PID <= 0 || p.PID == old {
					return fmt.Errorf("pid %d, was %d", p.PID, old)
				}
				return nil
			})
			took := s.healthy(t, killed)
			failed, worked, unclear := watch.done()
			t.Logf("all well %s after the kill; failed %v, worked %v", took.Round(time.Millisecond), failed, worked)
			for _, name := range c.unharmed {
				if failed[name] > 0 || worked[name] == 0 {
					t.Errorf("%s failed %d times and worked %d times, though it does not need %s", name, failed[name], worked[name], c.name)
				}
			}
			if c.door {
				return
			}
			for _, u := range unclear {
				t.Errorf("no clear error: %s", u)
			}
		})
	}
}

// With the sidecar of a program held down, the program itself is alive and
// listening, and yet nobody can call it: calls go through the sidecars.
func TestCallsBetweenProgramsGoThroughSidecars(t *testing.T) {
	stack := theStack(t)
	for _, c := range []struct {
		app  string
		need string
	}{
		{"user", "login"},
		{"video", "publish"},
		{"gateway", "login"},
	} {
		t.Run(c.app, func(t *testing.T) {
			s := newScene(t)
			before := stack.processes(t)
			stack.stopAll(t, sidecarOf(c.app))
			needed := s.only(c.need)[0]
			for range 3 { // held down, so it fails every time
				err := needed.do(t.Context())
				if !errors.Is(err, errRefused) {
					t.Errorf("%s without the sidecar of %s: %v, want a clear error", c.need, c.app, err)
				}
			}
			after := stack.processes(t)
			for _, replica := range stack.replicas(t, c.app) {
				if after[replica].PID != before[replica].PID {
					t.Errorf("%s itself was restarted (%d, then %d): the sidecar was to be missing alone", replica, before[replica].PID, after[replica].PID)
				}
			}
			started := time.Now()
			stack.startAll(t, sidecarOf(c.app))
			t.Logf("all well %s after the sidecar was started", s.healthy(t, started).Round(time.Millisecond))
		})
	}
}

// With a service held down, what needs it says so soon and clearly, and the
// rest stays as it was.
func TestServicesHeldDown(t *testing.T) {
	stack := theStack(t)
	for _, c := range []struct {
		name            string
		fails, unharmed []string
	}{
		{"user", []string{"login", "register"}, []string{"feed", "media", "profile", "publish/list"}},
		{"video", []string{"publish", "publish/list"}, []string{"feed", "login", "register", "media"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			stack.stopAll(t, c.name)
			for _, st := range s.only(c.fails...) {
				start := time.Now()
				err := st.do(t.Context())
				t.Logf("%s says after %s: %v", st.name, time.Since(start).Round(time.Millisecond), err)
				if !errors.Is(err, errRefused) {
					t.Errorf("%s: %v, want a clear error", st.name, err)
				}
			}
			for _, st := range s.only(c.unharmed...) {
				if err := st.do(t.Context()); err != nil {
					t.Errorf("%s, which can do without %s: %v", st.name, c.name, err)
				}
			}
			started := time.Now()
			stack.startAll(t, c.name)
			t.Logf("all well %s after the start", s.healthy(t, started).Round(time.Millisecond))
		})
	}
}

// Losing Redis costs time and no answer.
func TestWithoutRedisEverythingStillAnswers(t *testing.T) {
	stack := theStack(t)
	s := newScene(t)
	stack.stop(t, "redis")
	for _, st := range s.all() {
		start := time.Now()
		if err := st.do(t.Context()); err != nil {
			t.Errorf("%s without Redis: %v", st.name, err)
		}
		t.Logf("without Redis, %s took %s", st.name, time.Since(start).Round(time.Millisecond))
	}
	// A change made meanwhile is seen at once, and still after Redis is back with
	// what it held before.
	during := published(t, s.phone, s.user, "without hot state", smallMP4(t))
	works := must(s.phone.Profile(t.Context(), s.user.ID, ""))(t).User.WorkCount

	started := time.Now()
	stack.start(t, "redis")
	t.Logf("all well %s after Redis was started", s.healthy(t, started).Round(time.Millisecond))
	within(t, recovery, "what was published without Redis is in the feed", func(ctx context.Context) error {
		feed, err := s.phone.Feed(ctx, "", "")
		if err != nil {
			return err
		}
		for _, v := range feed.Videos {
			if v.ID == during.ID {
				return nil
			}
		}
		return fmt.Errorf("not among %d videos", len(feed.Videos))
	})
	if now := must(s.phone.Profile(t.Context(), s.user.ID, ""))(t).User.WorkCount; now < works {
		t.Errorf("work_count went back from %d to %d", works, now)
	}
}

// The database is part of any write: without it writes are refused clearly, and
// nothing that was acknowledged is lost.
func TestDatabaseRestart(t *testing.T) {
	stack := theStack(t)
	s := newScene(t)
	stack.kill(t, "mysql")
	killed := time.Now()
	t.Logf("all well %s after the kill", s.healthy(t, killed).Round(time.Millisecond))
	list := must(s.phone.PublishList(t.Context(), s.user.ID, ""))(t)
	if len(list.Videos) == 0 || list.Videos[len(list.Videos)-1].ID != s.video.ID {
		t.Error("the video acknowledged before the kill is gone")
	}
}
