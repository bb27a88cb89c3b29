package outbox_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// A Redis that crashes with its host loses its last second. A mark that was set
// before that second is still there.
func TestEventsSinceTheMarkAreRepublishedAfterAFailureOfTheBroker(t *testing.T) {
	failures := map[string]func(b *broker, m *fakeMark, fails bool){
		"the mark cannot be read": func(_ *broker, m *fakeMark, fails bool) {
			m.change(func() { m.readErr = map[bool]error{true: errDown}[fails] })
		},
		"publishing fails": func(b *broker, _ *fakeMark, fails bool) { b.set(func() { b.down = fails }) },
	}
	for name, change := range failures {
		t.Run(name, func(t *testing.T) {
			db, b, m := newDB(t), &broker{}, &fakeMark{}
			start(t, db, b, outbox.Options{Sweep: quick, Backoff: quick, BrokerMark: m})
			sqltest.Eventually(t, "the mark is set", func() bool { _, sets := m.counts(); return sets == 1 })
			commit(t, db, event("t", "a", 1))
			sqltest.Eventually(t, "the event is published", func() bool { return kept(t, db) == 1 })

			change(b, m, true)
			commit(t, db, event("t", "b", 1))
			reads, calls := m.observed(b)
			sqltest.Eventually(t, "the relay meets the failure", func() bool { r, c := m.observed(b); return r > reads+1 && c > calls })
			change(b, m, false)
			sqltest.Eventually(t, "the event from before the failure is republished", func() bool {
				return count(b.events(), "a1") == 2 && count(b.events(), "b1") > 0 && waiting(t, db) == 0
			})
			reads, _ = m.counts()
			sqltest.Eventually(t, "the relay reads the mark again", func() bool { n, _ := m.counts(); return n > reads+3 })
			if n := count(b.events(), "a1"); n != 2 {
				t.Errorf("a1 was published %d times, want twice", n)
			}
		})
	}
}

// A relay that starts does not know whether the broker crashed together with the
// process before it. After an orderly end it knows.
func TestEventsSinceTheMarkAreRepublishedAtTheStart(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	first := start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "the mark is set", func() bool { _, sets := m.counts(); return sets == 1 })
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is published", func() bool { return kept(t, db) == 1 })
	const later = `UPDATE outbox_relay SET mark_ms = mark_ms - 1000` // so that the mark is as old as under load
	if _, err := db.ExecContext(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	first.stop()
	m.change(func() { m.value -= 1000 })
	before, _ := m.counts()
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "the relay reads the mark", func() bool { n, _ := m.counts(); return n > before+3 })
	sqltest.Eventually(t, "the event is republished", func() bool { return b.names() == "a1 a1" })
}

func TestAnOrderlyRestartRepublishesNothing(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	first := start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "the mark is set", func() bool { _, sets := m.counts(); return sets == 1 })
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is published", func() bool { return kept(t, db) == 1 })
	sqltest.Eventually(t, "its millisecond is over", func() bool {
		var over bool
		err := db.GetContext(t.Context(), &over, "SELECT MAX(published_at_ms) < "+sqldb.NowMS+" FROM outbox")
		return err == nil && over
	})
	first.stop()
	if _, sets := m.counts(); sets != 2 {
		t.Fatalf("the mark was set %d times, want once more at the end", sets)
	}
	reads, _ := m.counts()
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "the relay reads the mark", func() bool { n, _ := m.counts(); return n > reads+3 })
	if got := b.names(); got != "a1" {
		t.Errorf("published %q", got)
	}
}

// A replica that has no turn neither republishes nor sets the mark: the one that has
// it would publish the events at the same time.
func TestOnlyTheReplicaWithTheTurnSetsTheMark(t *testing.T) {
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	if _, err := db.ExecContext(t.Context(), "UPDATE outbox_relay SET token = 'other', until_ms = "+sqldb.NowMS+" + 1500"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "the mark is set", func() bool { _, sets := m.counts(); return sets == 1 })
	if took := time.Since(began); took < time.Second {
		t.Errorf("set after %v in the turn of another replica", took)
	}
}

// slowMark is a mark that cannot be set before the caller gives up.
type slowMark struct{ *fakeMark }

func (m slowMark) Set(ctx context.Context, _ int64) error {
	m.change(func() { m.sets++ })
	<-ctx.Done()
	return ctx.Err()
}

func TestAMarkThatHangsDoesNotDelayEvents(t *testing.T) {
	db, b, m := newDB(t), &broker{}, slowMark{&fakeMark{value: 1}}
	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "the relay sets the mark", func() bool { _, sets := m.counts(); return sets > 0 })
	began := time.Now()
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is published", func() bool { return count(b.events(), "a1") > 0 })
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("published after %v", took)
	}
}

// After the database's clock was set back, marks and turns of the future would last
// until it has caught up.
func TestTheDatabaseClockGoesBack(t *testing.T) {
	const hour = 3_600_000
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	first := start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	sqltest.Eventually(t, "the mark is set", func() bool { _, sets := m.counts(); return sets == 1 })
	first.stop()
	if _, err := db.ExecContext(t.Context(), "UPDATE outbox_relay SET token = 'dead', until_ms = "+sqldb.NowMS+" + ?, mark_ms = mark_ms + ?", hour, hour); err != nil {
		t.Fatal(err)
	}
	m.change(func() { m.value += hour })

	start(t, db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	commit(t, db, event("t", "a", 1))
	sqltest.Eventually(t, "the event is published", func() bool { return count(b.events(), "a1") > 0 && waiting(t, db) == 0 })
	sqltest.Eventually(t, "the mark is of the present", func() bool {
		var noted, now int64
		if err := db.QueryRowContext(t.Context(), "SELECT mark_ms, "+sqldb.NowMS+" FROM outbox_relay").Scan(&noted, &now); err != nil {
			t.Fatal(err)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.value == noted && noted <= now
	})
	reads, _ := m.counts()
	sqltest.Eventually(t, "the relay reads the mark again", func() bool { n, _ := m.counts(); return n > reads+3 })
	published := len(b.events())
	m.change(func() { m.value = 0 })
	sqltest.Eventually(t, "a loss is noticed", func() bool { return len(b.events()) == published+1 && waiting(t, db) == 0 })
	reads, _ = m.counts()
	sqltest.Eventually(t, "the relay reads the mark again", func() bool { n, _ := m.counts(); return n > reads+3 })
	if n := len(b.events()); n != published+1 {
		t.Errorf("published %d times after one loss", n-published)
	}
}

// Pruning waits between rounds, so that it does not delay events.
func TestPruningIsBounded(t *testing.T) {
	const many = 8_000
	db, b, m := newDB(t), &broker{}, &fakeMark{}
	const old = `INSERT INTO outbox (event_id, topic, subject, version, occurred_at_ms, traceparent, data, published_at_ms)
		SELECT 'old', 't', 'old', seq, 1, '', '{}', 1 FROM seq_1_to_%d`
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf(old, many)); err != nil {
		t.Fatal(err)
	}
	rounds, left := 0, many
	relay := outbox.NewRelay(db, b, outbox.Options{Sweep: quick, BrokerMark: m})
	for ; left > 0 && rounds < many; rounds++ {
		outbox.Prune(t.Context(), relay)
		now := kept(t, db)
		if left-now > 3_000 {
			t.Fatalf("%d events deleted at once", left-now)
		}
		if now == left {
			t.Fatal("the rest is not deleted")
		}
		left = now
	}
	if rounds < 3 {
		t.Errorf("%d prunings", rounds)
	}
}
