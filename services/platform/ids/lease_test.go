package ids_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/ids"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// never returns timings without a renewal during a test, as for a stalled holder.
func never() ids.Timings {
	return ids.Timings{Hold: time.Minute, Use: 45 * time.Second, Renew: time.Hour, Retry: time.Hour}
}

func lease(t *testing.T, db *sqlx.DB, clock func() time.Time, timings ids.Timings) (*ids.Generator, func()) {
	t.Helper()
	g, stop, err := ids.LeaseWith(t.Context(), db, clock, timings)
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(stop)
	t.Cleanup(stop)
	return g, stop
}

// takeAllBut gives every other node to another holder for a long time.
func takeAllBut(t *testing.T, db *sqlx.DB, node int64) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "UPDATE id_nodes SET holder = 'other', expires_ms = 1 << 41 WHERE node <> ?", node); err != nil {
		t.Fatal(err)
	}
}

func TestLeaseUsesTheTimeOfTheDatabase(t *testing.T) {
	db := sqltest.New(t, nil)
	for name, clock := range map[string]func() time.Time{
		"right":         time.Now,
		"an hour ahead": func() time.Time { return time.Now().Add(time.Hour) },
		"an hour back":  func() time.Time { return time.Now().Add(-time.Hour) },
	} {
		g, stop, err := ids.Lease(t.Context(), db, clock)
		if err != nil {
			t.Fatal(err)
		}
		at := time.UnixMilli(millisOf(next(t, g)) + 1_704_067_200_000)
		if off := time.Since(at).Abs(); off > 10*time.Second {
			t.Errorf("%s: the id is off by %v", name, off)
		}
		stop()
	}
}

func TestConcurrentLeases(t *testing.T) {
	db := sqltest.New(t, nil)
	const holders = 12
	var mu sync.Mutex
	var all []int64
	seen := map[int64]bool{}
	var running sync.WaitGroup
	for range holders {
		running.Go(func() {
			g, _, err := startFor(t, db)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for range 500 {
				id, err := g.Next()
				if err != nil {
					t.Error(err)
					return
				}
				all = append(all, id)
				seen[nodeOf(id)] = true
			}
		})
	}
	running.Wait()
	if len(seen) != holders || distinct(all) != holders*500 {
		t.Errorf("%d nodes, %d ids; want %d and %d", len(seen), distinct(all), holders, holders*500)
	}
}

func startFor(t *testing.T, db *sqlx.DB) (*ids.Generator, func(), error) {
	g, stop, err := ids.LeaseWith(t.Context(), db, time.Now, never())
	if err == nil {
		t.Cleanup(stop)
	}
	return g, stop, err
}

// A stalled holder stops by its own clock before the database lets another one claim
// the node; that one starts behind every id the first could have generated.
func TestExpiredHolderStopsBeforeTheNextStarts(t *testing.T) {
	db := sqltest.New(t, nil)
	short := never()
	short.Hold, short.Use = 1200*time.Millisecond, 900*time.Millisecond
	first, _ := lease(t, db, time.Now, short)
	firstIDs := []int64{next(t, first)}
	node := nodeOf(firstIDs[0])
	takeAllBut(t, db, node)

	stopped := false
	sqltest.Eventually(t, "another gets the node", func() bool {
		// The first is checked before the second tries to claim.
		if id, err := first.Next(); err == nil {
			if stopped {
				t.Fatal("an expired holder made ids again")
			}
			firstIDs = append(firstIDs, id)
		} else {
			stopped = true
			if errs.CodeOf(err) != errs.Unavailable {
				t.Fatalf("expired: %v", err)
			}
		}
		second, stop, err := ids.LeaseWith(t.Context(), db, time.Now, never())
		if err != nil {
			if errs.ReasonOf(err) != "ID_NODES_TAKEN" || errs.CodeOf(err) != errs.Unavailable {
				t.Fatalf("all taken: %v", err)
			}
			return false
		}
		t.Cleanup(stop)
		if !stopped {
			t.Error("another got the node while the first made ids")
		}
		id := next(t, second)
		if nodeOf(id) != node || id <= slices.Max(firstIDs) {
			t.Errorf("the second starts with %d on node %d, the first ended with %d", id, nodeOf(id), slices.Max(firstIDs))
		}
		return true
	})
	if _, err := first.Next(); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("the first after the second started: %v", err)
	}
}

// The next holder starts behind ids that were generated far ahead of time.
func TestNextHolderStartsBehindBorrowedIDs(t *testing.T) {
	db := sqltest.New(t, nil)
	clock := newClock(start())
	first, stop := lease(t, db, clock.Now, never())
	last := int64(0)
	for range 64 * 300 { // 300 ms of ids at once
		last = next(t, first)
	}
	takeAllBut(t, db, nodeOf(last))
	stop()
	if _, err := first.Next(); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("a stopped generator: %v", err)
	}
	sqltest.Eventually(t, "the node is free", func() bool {
		second, stop, err := ids.LeaseWith(t.Context(), db, clock.Now, never())
		if err != nil {
			return false
		}
		t.Cleanup(stop)
		clock.Move(-time.Hour) // also after the clock goes back
		if id := next(t, second); nodeOf(id) != nodeOf(last) || id <= last {
			t.Errorf("the second starts with %d, the first ended with %d", id, last)
		}
		return true
	})
}

// A clock that jumps ahead neither leads to ids beyond the lease nor uses it up.
func TestLeaseBoundsTheFuture(t *testing.T) {
	db := sqltest.New(t, nil)
	clock := newClock(start())
	timings := never()
	timings.Hold, timings.Use = time.Second, time.Hour
	g, _ := lease(t, db, clock.Now, timings)
	before := next(t, g)
	clock.Move(30 * time.Minute)
	if after := next(t, g); after <= before || millisOf(after) > millisOf(before)+1 {
		t.Errorf("from %d to %d ms", millisOf(before), millisOf(after))
	}
	made := 0
	_, err := g.Next()
	for ; err == nil && made < 64*2000; made++ {
		_, err = g.Next()
	}
	if errs.ReasonOf(err) != "ID_RANGE_USED_UP" || errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("after %d ids of a lease of 64000: %v", made, err)
	}
}

func TestLeaseIsRenewed(t *testing.T) {
	db := sqltest.New(t, nil)
	quick := ids.Timings{Hold: 5 * time.Second, Use: 4 * time.Second, Renew: 20 * time.Millisecond, Retry: 20 * time.Millisecond}
	g, _ := lease(t, db, time.Now, quick)
	node := nodeOf(next(t, g))
	var granted int64
	read := func() (expires int64) {
		if err := db.GetContext(t.Context(), &expires, "SELECT expires_ms FROM id_nodes WHERE node = ?", node); err != nil {
			t.Fatal(err)
		}
		return expires
	}
	granted = read()
	sqltest.Eventually(t, "the lease is prolonged", func() bool { return read() > granted+500 })
	if id := next(t, g); nodeOf(id) != node {
		t.Errorf("the node changed from %d to %d", node, nodeOf(id))
	}
}

// Another holder took the node: this one stops and claims another node, and its ids
// keep increasing even if the new node is smaller.
func TestLostLeaseIsReplaced(t *testing.T) {
	db := sqltest.New(t, nil)
	quick := ids.Timings{Hold: time.Minute, Use: 45 * time.Second, Renew: 20 * time.Millisecond, Retry: 20 * time.Millisecond}
	_, stopFirst := lease(t, db, time.Now, never()) // node 0, which is released below
	g, _ := lease(t, db, time.Now, quick)
	last := next(t, g)
	node := nodeOf(last)
	stopFirst()
	// All nodes are taken, also its own: it must stop, because no other is free.
	if _, err := db.ExecContext(t.Context(), "UPDATE id_nodes SET holder = 'other', expires_ms = 1 << 41"); err != nil {
		t.Fatal(err)
	}
	sqltest.Eventually(t, "the holder stops", func() bool {
		id, err := g.Next()
		if err == nil {
			last = id
		}
		return errs.CodeOf(err) == errs.Unavailable && errs.ReasonOf(err) == "ID_NODE_LOST" && err != nil
	})
	if _, err := db.ExecContext(t.Context(), "UPDATE id_nodes SET expires_ms = 0 WHERE node = 0"); err != nil {
		t.Fatal(err)
	}
	var id int64
	sqltest.Eventually(t, "the holder has another node", func() bool {
		var err error
		id, err = g.Next()
		return err == nil
	})
	if nodeOf(id) != 0 || nodeOf(id) == node || id <= last {
		t.Errorf("%d on node %d after %d on node %d", id, nodeOf(id), last, node)
	}
}

// Without the database there are no ids after the lease, and the error has the cause.
func TestLeaseWithoutDatabase(t *testing.T) {
	db := sqltest.New(t, nil)
	clock := newClock(start())
	failing := never()
	failing.Renew, failing.Retry = 10*time.Millisecond, 10*time.Millisecond
	g, stop := lease(t, db, clock.Now, failing)
	next(t, g)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	next(t, g) // the lease still holds
	clock.Move(45 * time.Second)
	sqltest.Eventually(t, "the cause is known", func() bool {
		_, err := g.Next()
		if err == nil {
			t.Fatal("ids without a lease")
		}
		return errs.CodeOf(err) == errs.Unavailable && errors.Unwrap(err) != nil
	})
	stop() // ends although the node cannot be released
}

func TestReleasedNodeIsFree(t *testing.T) {
	db := sqltest.New(t, nil)
	g, stop := lease(t, db, time.Now, never())
	node := nodeOf(next(t, g))
	takeAllBut(t, db, node)
	if _, _, err := startFor(t, db); err == nil {
		t.Fatal("a held node was given to another")
	}
	stop()
	sqltest.Eventually(t, "the node is free", func() bool {
		_, _, err := startFor(t, db)
		return err == nil
	})
}
