package outbox_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// checkOnceInOrder requires versions 1 to n of each subject, once and ascending.
func checkOnceInOrder(t *testing.T, events []cloudevent.Event, subjects int, n int64) {
	t.Helper()
	if len(events) != subjects*int(n) {
		t.Errorf("%d events published, want %d", len(events), subjects*int(n))
	}
	seen := map[string]int64{}
	for _, e := range events {
		if e.Version != seen[e.Subject]+1 {
			t.Fatalf("version %d of %s came after version %d", e.Version, e.Subject, seen[e.Subject])
		}
		seen[e.Subject] = e.Version
	}
}

func TestReplicasPublishInOrderWithoutDuplicates(t *testing.T) {
	const writers, versions = 8, 60
	db := newDB(t)
	b := &broker{}
	one := start(t, db, b, outbox.Options{Batch: 10})
	two := start(t, db, b, outbox.Options{Batch: 10})

	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for v := int64(1); v <= versions; v++ {
				commit(t, db, event(fmt.Sprintf("t%d", v%3), fmt.Sprintf("s%d", w), v))
				one.Wake()
				two.Wake()
			}
		})
	}
	writing.Wait()
	sqltest.Eventually(t, "all events are published", func() bool { return waiting(t, db) == 0 })
	checkOnceInOrder(t, b.events(), writers, versions)
}

// While one replica publishes, however long, another does not. Afterwards that
// one publishes the events committed meanwhile, although its wake-up came
// earlier.
func TestReplicasTakeTurns(t *testing.T) {
	db := newDB(t)
	atWork, finish := make(chan struct{}), make(chan struct{})
	slow := &broker{during: func() {
		close(atWork)
		<-finish
	}}
	commit(t, db, event("t", "a", 1))
	start(t, db, slow, outbox.Options{Sweep: time.Hour})
	<-atWork

	quick := &broker{}
	relay := start(t, db, quick, outbox.Options{Sweep: time.Hour})
	commit(t, db, event("t", "a", 2))
	relay.Wake()
	commit(t, db, event("u", "b", 1)) // gives the quick one time for a mistake
	if got := quick.names(); got != "" {
		t.Errorf("published %q although another replica has the turn", got)
	}
	close(finish)
	sqltest.Eventually(t, "the rest is published", func() bool { return waiting(t, db) == 0 })
	if got := slow.names() + ", " + quick.names(); got != "a1, a2 b1" {
		t.Errorf("published %q", got)
	}
}

// A replica that died holds the turn until its lease ends, by the database's clock.
func TestATurnEnds(t *testing.T) {
	db := newDB(t)
	b := &broker{}
	const dead = `UPDATE outbox_relay SET token = 'dead', until_ms = ` + sqldb.NowMS + ` + ?`
	if _, err := db.ExecContext(t.Context(), dead, 500); err != nil {
		t.Fatal(err)
	}
	commit(t, db, event("t", "a", 1))
	began := time.Now()
	start(t, db, b, outbox.Options{Sweep: quick})
	sqltest.Eventually(t, "the event is published", func() bool { return b.names() == "a1" })
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("published after %v in the turn of another replica", took)
	}
}

// A relay without work gives the turn back, so that another one need not wait for
// the end of the lease.
func TestAnIdleRelayGivesTheTurnBack(t *testing.T) {
	db := newDB(t)
	b := &broker{}
	first := start(t, db, b, outbox.Options{Sweep: time.Hour})
	commit(t, db, event("t", "a", 1))
	first.Wake()
	sqltest.Eventually(t, "the first relay publishes", func() bool { return b.names() == "a1" })
	second := start(t, db, b, outbox.Options{Sweep: time.Hour})
	commit(t, db, event("t", "a", 2))
	began := time.Now()
	second.Wake()
	sqltest.Eventually(t, "the second relay publishes", func() bool { return b.names() == "a1 a2" })
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it waited %v for the turn", took)
	}
}

func TestBacklogDrainsInBatches(t *testing.T) {
	const subjects, versions = 250, 20
	db := newDB(t)
	for v := int64(1); v <= versions; v++ {
		var events []outbox.Event
		for s := range subjects {
			events = append(events, event("t", fmt.Sprintf("s%d", s), v))
		}
		commit(t, db, events...)
	}
	b := &broker{}
	began := time.Now()
	start(t, db, b, outbox.Options{Sweep: time.Hour})
	sqltest.Eventually(t, "the backlog is gone", func() bool { return waiting(t, db) == 0 })
	t.Logf("%d events in %v, %d calls", subjects*versions, time.Since(began), b.calls())
	checkOnceInOrder(t, b.events(), subjects, versions)
	for _, size := range b.sizes {
		if size > 200 {
			t.Errorf("%d events in one call, want at most 200", size)
		}
	}
}

// A relay whose context ends finishes its batch, so an orderly restart publishes
// nothing twice.
func TestEndsWithItsContextAndFinishesItsBatch(t *testing.T) {
	db := newDB(t)
	atWork, finish := make(chan struct{}), make(chan struct{})
	b := &broker{during: func() {
		close(atWork)
		<-finish
	}}
	commit(t, db, event("t", "a", 1))
	relay := start(t, db, b, outbox.Options{})
	<-atWork
	relay.cancel()
	close(finish)
	relay.stop()
	if n := waiting(t, db); n != 0 || b.names() != "a1" {
		t.Errorf("%d events left, %q published", n, b.names())
	}
}
