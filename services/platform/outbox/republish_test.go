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

// fakeMark is an outbox.BrokerMark that tests change.
type fakeMark struct {
	mu      sync.Mutex
	value   int64
	readErr error // returned by Get
	setErr  error // returned by Set
	reads   int
	sets    int
}

var _ outbox.BrokerMark = (*fakeMark)(nil)

func (m *fakeMark) Get(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	return m.value, m.readErr
}

func (m *fakeMark) Set(_ context.Context, value int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sets++
	if m.setErr == nil {
		m.value = value
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

// observed returns how often the relay has read the mark and called the broker.
func (m *fakeMark) observed(b *broker) (reads, calls int) {
	reads, _ = m.counts()
	return reads, b.calls()
}

// count returns how often an event was published.
func count(events []cloudevent.Event, named string) (n int) {
	for _, e := range events {
		if name(e) == named {
			n++
		}
	}
	return n
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
	if err := db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM outbox WHERE published_at_ms IS NOT NULL"); err != nil {
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
	m.change(func() { m.value = 0 })
	sqltest.Eventually(t, "all events are republished", func() bool { return len(b.events()) == 3 && kept(t, db) == 3 })
	if _, sets := m.counts(); sets != 2 {
		t.Errorf("the mark was set %d times, want once at the start and once after the loss", sets)
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
	db, b, m := newDB(t), &broker{}, &fakeMark{value: 1}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "the mark is set", func() bool { _, sets := m.counts(); return sets == 1 })
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is published", func() bool { return kept(t, db) == 1 })
	reads, _ := m.counts()
	sqltest.Eventually(t, "the relay reads the mark again", func() bool { n, _ := m.counts(); return n > reads+3 })
	if got := b.names(); got != "a1" {
		t.Errorf("published %q", got)
	}
}

// A broker that comes back with older data shows an older mark. Only what was
// published since that mark is republished, and in its order.
func TestOnlyEventsSinceTheMarkAreRepublished(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	commit(t, db, event("t", "a", 1), event("t", "a", 2), event("t", "a", 3))
	sqltest.Eventually(t, "all events are published", func() bool { return kept(t, db) == 3 })
	for version, age := range map[int]int{1: 60_000, 2: 20_000, 3: 10_000} { // ms
		if _, err := db.ExecContext(t.Context(), "UPDATE outbox SET published_at_ms = published_at_ms - ? WHERE version = ?", age, version); err != nil {
			t.Fatal(err)
		}
	}
	b.set(func() { b.accepted = nil })
	m.change(func() { m.value -= 30_000 })
	sqltest.Eventually(t, "lost events are republished", func() bool { return len(b.events()) == 2 && kept(t, db) == 3 })
	if got := b.names(); got != "a2 a3" {
		t.Errorf("republished %q", got)
	}
}

// Servers of a cluster assign ids that do not grow with time; versions do.
func TestVersionsDecideTheOrderOfASubject(t *testing.T) {
	db, b := newDB(t), &broker{}
	commit(t, db, event("t", "a", 2), event("t", "b", 1), event("t", "a", 3), event("t", "a", 1))
	start(t, db, b, outbox.Options{Sweep: quick})
	sqltest.Eventually(t, "all events are published", func() bool { return waiting(t, db) == 0 })
	if got := b.names(); got != "a1 b1 a2 a3" {
		t.Errorf("published %q", got)
	}
}

// Rare topics are kept longer than the others, of which a number is kept.
func TestRareEventsAreKeptLonger(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	o := outbox.Options{Sweep: quick, BrokerMark: m, Keep: outbox.Keep{Rare: []string{"rare"}, RareFor: time.Hour, OtherFor: 100 * time.Millisecond}}
	relay := start(t, db, b, o)
	commit(t, db, event("rare", "a", 1), event("t", "b", 1))
	sqltest.Eventually(t, "only the rare event is kept", func() bool { return len(b.events()) == 2 && waiting(t, db) == 0 && kept(t, db) == 1 })
	relay.stop()

	o.Keep = outbox.Keep{OthersOf: 3}
	var events []outbox.Event
	for n := range 5 {
		events = append(events, event("t", "c", int64(n+1)))
	}
	relay = start(t, db, b, o)
	commit(t, db, events...)
	sqltest.Eventually(t, "all are published", func() bool { return len(b.events()) == 7 && waiting(t, db) == 0 })
	relay.stop()
	for n := range 5 { // one statement published them
		if _, err := db.ExecContext(t.Context(), "UPDATE outbox SET published_at_ms = published_at_ms + ? WHERE version = ? AND subject = 'c'", n, n+1); err != nil {
			t.Fatal(err)
		}
	}
	start(t, db, b, o)
	sqltest.Eventually(t, "the oldest are deleted", func() bool { return kept(t, db) == 4 }) // the limit is exclusive
}

// A folder of an earlier version keeps the events that wait and the copies of
// those that were published.
func TestEnsureBringsEarlierTablesUpToDate(t *testing.T) {
	db := sqltest.New(t, nil)
	const event, columns = `event_id CHAR(26) NOT NULL, topic VARCHAR(100) NOT NULL, subject VARCHAR(100) NOT NULL, version BIGINT NOT NULL,
		occurred_at_ms BIGINT NOT NULL, traceparent VARCHAR(55) NOT NULL, data TEXT NOT NULL`, `event_id, topic, subject, version, occurred_at_ms, traceparent, data`
	for _, statement := range []string{
		`CREATE TABLE outbox (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, ` + event + `, UNIQUE KEY event_id (event_id), KEY subject (subject, id))`,
		`CREATE TABLE outbox_told (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, ` + event + `, told_at_ms BIGINT NOT NULL, KEY told_at_ms (told_at_ms))`,
		`CREATE TABLE outbox_relay (id TINYINT NOT NULL PRIMARY KEY)`,
		`INSERT INTO outbox_relay VALUES (1)`,
		`INSERT INTO outbox (` + columns + `) VALUES ('waiting', 't', 'a', 2, 1, '', '{}')`,
		`INSERT INTO outbox_told (` + columns + `, told_at_ms) VALUES ('kept', 't', 'a', 1, 1, '', '{}', UNIX_TIMESTAMP() * 1000)`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			if err := outbox.Ensure(t.Context(), db); err != nil {
				t.Error(err)
			}
		})
	}
	replicas.Wait()
	if waiting(t, db) != 1 || kept(t, db) != 1 {
		t.Errorf("%d events wait and %d are kept, want one each", waiting(t, db), kept(t, db))
	}
	b, m := &broker{}, &fakeMark{value: time.Now().UnixMilli()}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "the waiting event is published", func() bool { return b.names() == "a2" })
	m.change(func() { m.value = 0 })
	sqltest.Eventually(t, "the earlier event is republished", func() bool { return len(b.events()) == 3 })
}

func TestOldEventsAreForgotten(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m, Keep: outbox.Keep{OtherFor: 50 * time.Millisecond}})
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is published", func() bool { return b.names() == "a1" && waiting(t, db) == 0 })
	sqltest.Eventually(t, "it is forgotten", func() bool { return kept(t, db) == 0 })
	m.change(func() { m.value = 0 })
	sqltest.Eventually(t, "the mark is set", func() bool { _, sets := m.counts(); return sets > 0 })
	if got := b.names(); got != "a1" || waiting(t, db) != 0 {
		t.Errorf("published %q", got)
	}
}

// Events are republished until the mark is set.
func TestEventsAreRepublishedUntilTheMarkIsSet(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{setErr: errors.New("state store is down")}
	log := &lines{}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m, Log: slog.New(slog.NewTextHandler(log, nil))})
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is republished several times", func() bool { return len(b.events()) > 3 })
	m.change(func() { m.setErr = nil })
	sqltest.Eventually(t, "the mark is set", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.value != 0
	})
	if log.count("broker mark not set") == 0 {
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
	m.change(func() { m.value = 0 })
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
