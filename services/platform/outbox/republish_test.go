package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// fakeMark is an outbox.BrokerMark that tests remove.
type fakeMark struct {
	mu      sync.Mutex
	missing bool
	readErr error // returned by Missing
	setErr  error // returned by Set
	reads   int
	sets    int
}

var _ outbox.BrokerMark = (*fakeMark)(nil)

func (m *fakeMark) Missing(context.Context) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	return m.missing, m.readErr
}

func (m *fakeMark) Set(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sets++
	if m.setErr == nil {
		m.missing = false
	}
	return m.setErr
}

func (m *fakeMark) change(update func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	update()
}

// counts returns how often the relay has read and set the mark.
func (m *fakeMark) counts() (reads, sets int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads, m.sets
}

func idsOf(events []cloudevent.Event) []string {
	var ids []string
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	return ids
}

const quick = 10 * time.Millisecond

// kept returns the number of published events that can be republished.
func kept(t *testing.T, db *sqlx.DB) int {
	t.Helper()
	var n int
	if err := db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM outbox_told"); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLostEventsAreRepublished(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	commit(t, db, event("t", "a", 1), event("t", "a", 2), event("u", "b", 1))
	sqltest.Eventually(t, "all events are published", func() bool { return len(b.events()) == 3 && kept(t, db) == 3 })
	first := b.events()

	b.set(func() { b.accepted = nil })
	m.change(func() { m.missing = true })
	sqltest.Eventually(t, "all events are republished", func() bool { return len(b.events()) == 3 && kept(t, db) == 3 })
	if _, sets := m.counts(); sets != 1 {
		t.Errorf("the mark was set %d times, want once", sets)
	}
	if before, after := idsOf(first), idsOf(b.events()); !slices.Equal(before, after) {
		t.Errorf("republished as %v, before as %v", after, before)
	}
	reads, _ := m.counts()
	sqltest.Eventually(t, "the relay reads the mark again", func() bool { n, _ := m.counts(); return n > reads+3 })
	if n := len(b.events()); n != 3 {
		t.Errorf("%d events were published after the mark was set", n)
	}
}

func TestNothingIsRepublishedWhileTheMarkIsThere(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{readErr: errors.New("state store is down")}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is published and the mark is read", func() bool { n, _ := m.counts(); return n > 3 && kept(t, db) == 1 })
	m.change(func() { m.readErr = nil })
	reads, _ := m.counts()
	sqltest.Eventually(t, "the relay reads the mark again", func() bool { n, _ := m.counts(); return n > reads+3 })
	if got := b.names(); got != "a1" {
		t.Errorf("published %q", got)
	}
}

func TestOldEventsAreForgotten(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m, Keep: 50 * time.Millisecond})
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is published", func() bool { return b.names() == "a1" && waiting(t, db) == 0 })
	sqltest.Eventually(t, "it is forgotten", func() bool { return kept(t, db) == 0 })
	m.change(func() { m.missing = true })
	sqltest.Eventually(t, "the mark is set", func() bool { _, sets := m.counts(); return sets > 0 })
	if got := b.names(); got != "a1" || waiting(t, db) != 0 {
		t.Errorf("published %q", got)
	}
}

// Events are republished until the mark is set.
func TestEventsAreRepublishedUntilTheMarkIsSet(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{missing: true, setErr: errors.New("state store is down")}
	log := &lines{}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m, Log: slog.New(slog.NewTextHandler(log, nil))})
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is republished several times", func() bool { return len(b.events()) > 3 })
	m.change(func() { m.setErr = nil })
	sqltest.Eventually(t, "the mark is set", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return !m.missing
	})
	if log.count("republishing of recent events failed") == 0 {
		t.Error("the failure was not logged")
	}
}

// More events than one transaction moves.
func TestManyEventsAreRepublished(t *testing.T) {
	const many = 2_300
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	var events []outbox.Event
	for n := range many {
		events = append(events, event("t", string(rune('a'+n%26)), int64(n+1)))
	}
	commit(t, db, events...)
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "all events are published", func() bool { return kept(t, db) == many })
	m.change(func() { m.missing = true })
	sqltest.Eventually(t, "all events are republished", func() bool { return len(b.events()) == 2*many && kept(t, db) == many })
}

func TestNothingIsKeptWithoutAMark(t *testing.T) {
	db, b := newDB(t), &broker{}
	start(t, db, b, outbox.Options{Sweep: quick})
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is published", func() bool { return waiting(t, db) == 0 && b.names() == "a1" })
	if n := kept(t, db); n != 0 {
		t.Errorf("%d events are kept", n)
	}
}
