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
)

// memory is an outbox.Memory that tests make forget.
type memory struct {
	mu       sync.Mutex
	lost     bool
	err      error // answered by Lost
	refuses  error // answered by Remember
	asked    int
	reminded int
}

var _ outbox.Memory = (*memory)(nil)

func (m *memory) Lost(context.Context) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	return m.lost, m.err
}

func (m *memory) Remember(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reminded++
	if m.refuses == nil {
		m.lost = false
	}
	return m.refuses
}

func (m *memory) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

// looks are how often the relay has asked and reminded.
func (m *memory) looks() (asked, reminded int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked, m.reminded
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

func told(t *testing.T, db *sqlx.DB) int {
	t.Helper()
	var n int
	if err := db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM outbox_told"); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatABrokerLostIsToldAgain(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &memory{}
	start(t, db, b, outbox.Options{Sweep: quick, Memory: m})
	commit(t, db, event("t", "a", 1), event("t", "a", 2), event("u", "b", 1))
	eventually(t, "all is told", func() bool { return len(b.events()) == 3 && told(t, db) == 3 })
	first := b.events()

	b.set(func() { b.taken = nil })
	m.set(func() { m.lost = true })
	eventually(t, "all is told again", func() bool { return len(b.events()) == 3 && told(t, db) == 3 })
	if _, reminded := m.looks(); reminded != 1 {
		t.Errorf("reminded %d times", reminded)
	}
	if before, after := idsOf(first), idsOf(b.events()); !slices.Equal(before, after) {
		t.Errorf("told again as %v, before as %v", after, before)
	}
	asked, _ := m.looks()
	eventually(t, "the relay looks on", func() bool { n, _ := m.looks(); return n > asked+3 })
	if n := len(b.events()); n != 3 {
		t.Errorf("%d events were told after the broker was reminded", n)
	}
}

func TestNothingIsToldAgainWithoutNeed(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &memory{err: errors.New("state store is down")}
	start(t, db, b, outbox.Options{Sweep: quick, Memory: m})
	commit(t, db, event("t", "a", 1))
	eventually(t, "it is told and the relay has looked", func() bool { n, _ := m.looks(); return n > 3 && told(t, db) == 1 })
	m.set(func() { m.err = nil })
	asked, _ := m.looks()
	eventually(t, "the relay looks on", func() bool { n, _ := m.looks(); return n > asked+3 })
	if got := b.names(); got != "a1" {
		t.Errorf("told %q", got)
	}
}

func TestWhatWasToldLongAgoIsForgotten(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &memory{}
	start(t, db, b, outbox.Options{Sweep: quick, Memory: m, Keep: 50 * time.Millisecond})
	commit(t, db, event("t", "a", 1))
	eventually(t, "it is told", func() bool { return b.names() == "a1" && waiting(t, db) == 0 })
	eventually(t, "it is forgotten", func() bool { return told(t, db) == 0 })
	m.set(func() { m.lost = true })
	eventually(t, "the broker is reminded", func() bool { _, reminded := m.looks(); return reminded > 0 })
	if got := b.names(); got != "a1" || waiting(t, db) != 0 {
		t.Errorf("told %q", got)
	}
}

// Until the broker is known to remember, what is told again is told once more.
func TestABrokerThatIsNotRemindedIsToldAgain(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &memory{lost: true, refuses: errors.New("state store is down")}
	log := &lines{}
	start(t, db, b, outbox.Options{Sweep: quick, Memory: m, Log: slog.New(slog.NewTextHandler(log, nil))})
	commit(t, db, event("t", "a", 1))
	eventually(t, "it is told again and again", func() bool { return len(b.events()) > 3 })
	m.set(func() { m.refuses = nil })
	eventually(t, "the broker is reminded", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return !m.lost
	})
	if log.count("not all told again") == 0 {
		t.Error("nothing was logged")
	}
}

// More than one transaction moves.
func TestManyAreToldAgain(t *testing.T) {
	const many = 2_300
	db, b, m := newDB(t), &broker{}, &memory{}
	var events []outbox.Event
	for n := range many {
		events = append(events, event("t", string(rune('a'+n%26)), int64(n+1)))
	}
	commit(t, db, events...)
	start(t, db, b, outbox.Options{Sweep: quick, Memory: m})
	eventually(t, "all is told", func() bool { return told(t, db) == many })
	m.set(func() { m.lost = true })
	eventually(t, "all is told again", func() bool { return len(b.events()) == 2*many && told(t, db) == many })
}

func TestWithoutMemoryNothingIsKept(t *testing.T) {
	db, b := newDB(t), &broker{}
	start(t, db, b, outbox.Options{Sweep: quick})
	commit(t, db, event("t", "a", 1))
	eventually(t, "it is told", func() bool { return waiting(t, db) == 0 && b.names() == "a1" })
	if n := told(t, db); n != 0 {
		t.Errorf("%d events are kept", n)
	}
}
