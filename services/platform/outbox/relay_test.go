package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

func TestWakeNeedsNoSweep(t *testing.T) {
	db := newDB(t)
	b := &broker{}
	relay := start(t, db, b, outbox.Options{Sweep: time.Hour})
	for n := int64(1); n <= 5; n++ {
		commit(t, db, event("t", "a", n))
		relay.Wake()
		sqltest.Eventually(t, "the event is published", func() bool { return len(b.events()) == int(n) })
	}
}

func TestSweepNeedsNoWake(t *testing.T) {
	db := newDB(t)
	b := &broker{}
	start(t, db, b, outbox.Options{Sweep: 20 * time.Millisecond})
	for n := int64(1); n <= 3; n++ {
		commit(t, db, event("t", "a", n))
		sqltest.Eventually(t, "the event is published", func() bool { return len(b.events()) == int(n) })
	}
}

func TestEventsWaitForTheBroker(t *testing.T) {
	db := newDB(t)
	b := &broker{down: true}
	log := &lines{}
	relay := start(t, db, b, outbox.Options{Log: slog.New(slog.NewTextHandler(log, nil)), Sweep: time.Millisecond})
	began := time.Now()
	commit(t, db, event("t", "a", 1), event("t", "a", 2), event("t", "b", 1))
	relay.Wake()

	sqltest.Eventually(t, "a few attempts", func() bool { relay.Wake(); return b.calls() >= 4 })
	// 100, 200 and 400 ms of pause lie between four attempts.
	if took := time.Since(began); took < 650*time.Millisecond {
		t.Errorf("4 attempts within %v: commits do not wait for the pause", took)
	}
	if n := waiting(t, db); n != 3 {
		t.Errorf("%d events are kept, want 3", n)
	}
	if n := log.count("publish failed"); n != 1 {
		t.Errorf("the failure is logged %d times, want once", n)
	}

	b.set(func() { b.down = false })
	sqltest.Eventually(t, "all events are published", func() bool { return waiting(t, db) == 0 })
	if got := b.names(); got != "a1 b1 a2" {
		t.Errorf("published %q", got)
	}
	sqltest.Eventually(t, "the end of the failure is logged", func() bool { return log.count("publishing works again") == 1 })
}

func TestNoEventOvertakesAFailedOne(t *testing.T) {
	db := newDB(t)
	b := &broker{refuse: func(_ string, e cloudevent.Event) bool { return name(e) == "b2" }}
	start(t, db, b, outbox.Options{Sweep: 10 * time.Millisecond, Backoff: 20 * time.Millisecond})
	commit(t, db, event("t", "a", 1), event("t", "b", 1), event("t", "a", 2),
		event("t", "b", 2), event("other", "b", 3), event("t", "a", 3))

	sqltest.Eventually(t, "the other events are published and the rest is retried", func() bool {
		return waiting(t, db) == 2 && b.calls() > 6
	})
	if got := b.names(); got != "a1 b1 a2 a3" {
		t.Errorf("published %q while b2 fails", got)
	}
	b.set(func() { b.refuse = nil })
	sqltest.Eventually(t, "the rest is published", func() bool { return waiting(t, db) == 0 })
	if got := b.names(); got != "a1 b1 a2 a3 b2 b3" {
		t.Errorf("published %q after the failure", got)
	}
}

// A topic that accepts nothing and has more events than a batch does not stop
// other topics; a subject with a stuck event still stays in order.
func TestBrokenTopicDoesNotStopOthers(t *testing.T) {
	db := newDB(t)
	b := &broker{refuse: func(topic string, _ cloudevent.Event) bool { return topic == "broken" }}
	start(t, db, b, outbox.Options{Batch: 10, Sweep: 10 * time.Millisecond, Backoff: 20 * time.Millisecond})
	var events []outbox.Event
	for n := range 35 {
		events = append(events, event("broken", fmt.Sprintf("x%d.", n), 1))
	}
	events = append(events, event("t", "a", 1), event("t", "x3.", 2), event("t", "a", 2))
	commit(t, db, events...)

	sqltest.Eventually(t, "the other topic is published", func() bool { return len(b.events()) >= 2 })
	if got := b.names(); got != "a1 a2" {
		t.Errorf("published %q, want the events of the other topic except those behind an event of the broken one", got)
	}
	b.set(func() {
		if b.topics[1] != "t" {
			t.Errorf("calls for %v: the broken topic is tried more than once in one round", b.topics)
		}
		b.refuse = nil
	})
	sqltest.Eventually(t, "the rest is published", func() bool { return waiting(t, db) == 0 })
	if n := len(b.events()); n != len(events) {
		t.Errorf("%d events published, want %d", n, len(events))
	}
}

// Ids are assigned before the commit, so an event can appear behind the position
// that a round has reached.
func TestLateCommitIsNotOvertaken(t *testing.T) {
	db := newDB(t)
	b := &broker{refuse: func(topic string, _ cloudevent.Event) bool { return topic == "broken" }}
	commit(t, db, event("broken", "p", 1))
	late, err := db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := outbox.Add(t.Context(), late, event("t", "x", 1)); err != nil {
		t.Fatal(err)
	}
	commit(t, db, event("broken", "q", 1))
	b.during = sync.OnceFunc(func() {
		if err := late.Commit(); err != nil {
			t.Error(err)
		}
		commit(t, db, event("t", "x", 2))
	})
	start(t, db, b, outbox.Options{Batch: 2, Sweep: 10 * time.Millisecond, Backoff: 20 * time.Millisecond})
	sqltest.Eventually(t, "both are published", func() bool { return len(b.events()) == 2 })
	if got := b.names(); got != "x1 x2" {
		t.Errorf("published %q", got)
	}
}

// A relay that dies between publishing and its mark leaves the same rows as one
// whose mark the database refuses.
func TestEventsThatAreNotMarkedArePublishedAgainUnderTheSameID(t *testing.T) {
	db := newDB(t)
	rename := func(from, to string) {
		if _, err := db.ExecContext(t.Context(), "RENAME TABLE "+from+" TO "+to); err != nil {
			t.Error(err)
		}
	}
	b := &broker{}
	hidden := make(chan struct{})
	b.during = sync.OnceFunc(func() {
		rename("outbox", "hidden")
		close(hidden)
	})
	log := &lines{}
	commit(t, db, event("t", "a", 1))
	start(t, db, b, outbox.Options{Sweep: 10 * time.Millisecond, Log: slog.New(slog.NewTextHandler(log, nil))})
	<-hidden
	sqltest.Eventually(t, "the mark fails", func() bool { return log.count("publish failed") == 1 })
	rename("hidden", "outbox")
	sqltest.Eventually(t, "the event is marked", func() bool { return waiting(t, db) == 0 })
	events := b.events()
	if len(events) != 2 || events[0].ID != events[1].ID {
		t.Errorf("published %+v, want one event twice under one id", events)
	}
}

// A batch is announced before it is published, also when it is published again.
func TestBeforePublishPrecedesEachAttempt(t *testing.T) {
	db := newDB(t)
	b := &broker{down: true}
	var mu sync.Mutex
	var announced []string
	published := 0
	start(t, db, b, outbox.Options{
		Sweep: 10 * time.Millisecond, Backoff: 20 * time.Millisecond,
		BeforePublish: func(_ context.Context, events []cloudevent.Event) {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events {
				announced = append(announced, name(e))
			}
			published = len(b.events())
		},
	})
	commit(t, db, event("t", "a", 1), event("u", "b", 1))
	sqltest.Eventually(t, "both events are announced with each attempt", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(announced) >= 4 && slices.Equal(announced[:4], []string{"a1", "b1", "a1", "b1"})
	})
	b.set(func() { b.down = false })
	sqltest.Eventually(t, "both events are published", func() bool { return len(b.events()) == 2 })
	mu.Lock()
	defer mu.Unlock()
	if published != 0 {
		t.Errorf("%d events were published before the last announcement", published)
	}
}
