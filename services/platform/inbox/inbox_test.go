package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// newDB returns a database with an inbox and a table of effects.
func newDB(t *testing.T) *sqlx.DB {
	t.Helper()
	db := sqltest.New(t, nil, inbox.Ensure, inbox.Ensure) // Ensure can be repeated
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE effects (event_id VARCHAR(100) NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	return db
}

// effect inserts a row into a table without a key, so a second effect is a second
// row.
func effect(eventID string) func(context.Context, sqldb.Handle) error {
	return func(ctx context.Context, tx sqldb.Handle) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO effects VALUES (?)", eventID)
		return err
	}
}

func TestTooLongNameIsRefused(t *testing.T) {
	db := newDB(t)
	if err := inbox.New(db).Once(t.Context(), "c", strings.Repeat("x", 101), effect("e")); err == nil {
		t.Error("an event was recorded under a part of its id")
	}
	if n := count(t, db, "effects"); n != 0 {
		t.Errorf("%d effects", n)
	}
}

func count(t *testing.T, db *sqlx.DB, table string) int {
	t.Helper()
	var n int
	if err := db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM "+table); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOncePerConsumerAndEvent(t *testing.T) {
	db := newDB(t)
	for _, consumer := range []string{"one", "two"} {
		for _, id := range []string{"e", "E", "f"} {
			for range 3 {
				if err := inbox.New(db).Once(t.Context(), consumer, id, effect(id)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if n := count(t, db, "effects"); n != 6 {
		t.Errorf("%d effects of 2 consumers and 3 events, want 6", n)
	}
}

// effects inserts a row for each event that is fresh.
func effects(ctx context.Context, tx sqldb.Handle, fresh []string) error {
	for _, id := range fresh {
		if err := effect(id)(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

func TestFreshEventsOfAListAreProcessedTogether(t *testing.T) {
	db := newDB(t)
	box := inbox.New(db)
	for _, c := range []struct {
		events []string
		fresh  string
	}{
		{[]string{"b", "a"}, "[[a b]]"},
		{[]string{"c", "a"}, "[[c]]"}, // a was processed before
		{[]string{"d", "d", "e", "b"}, "[[d e]]"},
		{[]string{"a", "b"}, "[]"},
		{nil, "[]"},
	} {
		calls := [][]string{}
		err := box.OnceEach(t.Context(), "c", c.events, func(ctx context.Context, tx sqldb.Handle, fresh []string) error {
			calls = append(calls, fresh)
			return effects(ctx, tx, fresh)
		})
		if err != nil || fmt.Sprint(calls) != c.fresh {
			t.Errorf("%v: processed %v, %v; want %s", c.events, calls, err, c.fresh)
		}
	}
	failure := errors.New("no effect")
	err := box.OnceEach(t.Context(), "c", []string{"a", "f"}, func(context.Context, sqldb.Handle, []string) error { return failure })
	if !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if n := count(t, db, "processed_events"); n != 5 || count(t, db, "effects") != 5 {
		t.Errorf("%d records, want those of a to e", n)
	}
}

func TestListsThatOverlapHaveOneEffectPerEvent(t *testing.T) {
	db := newDB(t)
	var delivering sync.WaitGroup
	for first := range 12 {
		delivering.Go(func() {
			var ids []string
			for n := range 20 {
				ids = append(ids, fmt.Sprintf("e%02d", first+n))
			}
			if err := inbox.New(db).OnceEach(t.Context(), "c", ids, effects); err != nil {
				t.Error(err)
			}
		})
	}
	delivering.Wait()
	if n := count(t, db, "effects"); n != 31 {
		t.Errorf("%d effects of 31 events", n)
	}
}

func TestConcurrentDeliveriesHaveOneEffect(t *testing.T) {
	const deliveries = 20
	db := newDB(t)
	for e := range 5 {
		id := fmt.Sprintf("e%d", e)
		var delivering sync.WaitGroup
		for range deliveries {
			delivering.Go(func() {
				if err := inbox.New(db).Once(t.Context(), "c", id, effect(id)); err != nil {
					t.Error(err)
				}
			})
		}
		delivering.Wait()
	}
	if n := count(t, db, "effects"); n != 5 {
		t.Errorf("%d effects of 5 events", n)
	}
}

func TestFailedEffectIsNotRecorded(t *testing.T) {
	db := newDB(t)
	refusal := errors.New("no")
	err := inbox.New(db).Once(t.Context(), "c", "e", func(ctx context.Context, tx sqldb.Handle) error {
		if err := effect("e")(ctx, tx); err != nil {
			return err
		}
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Fatalf("error %v, want the effect's own", err)
	}
	if n := count(t, db, "effects") + count(t, db, "processed_events"); n != 0 {
		t.Errorf("%d rows are left of a failed effect", n)
	}
	if err := inbox.New(db).Once(t.Context(), "c", "e", effect("e")); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "effects"); n != 1 {
		t.Errorf("%d effects after the second delivery, want 1", n)
	}
}

// The first delivery fails while the others wait for it: one of them has the
// effect, and none returns an error.
func TestWaitingDeliveriesTakeOverAFailedOne(t *testing.T) {
	const deliveries = 20
	db := newDB(t)
	var failed atomic.Bool
	refusal := errors.New("no")
	first := func(ctx context.Context, tx sqldb.Handle) error {
		if !failed.Swap(true) {
			awaitWaiting(t, db)
			return refusal
		}
		return effect("e")(ctx, tx)
	}
	var refused atomic.Int32
	var delivering sync.WaitGroup
	for range deliveries {
		delivering.Go(func() {
			switch err := inbox.New(db).Once(t.Context(), "c", "e", first); {
			case errors.Is(err, refusal):
				refused.Add(1)
			case err != nil:
				t.Error(err)
			}
		})
	}
	delivering.Wait()
	if effects := count(t, db, "effects"); effects != 1 || refused.Load() != 1 {
		t.Errorf("%d effects, %d refusals, want one of each", effects, refused.Load())
	}
}

// awaitWaiting waits until some other delivery waits for a lock.
func awaitWaiting(t *testing.T, db *sqlx.DB) {
	deadline := time.After(2 * time.Second)
	for waiting := 0; waiting < 5; {
		select {
		case <-deadline:
			t.Errorf("%d deliveries wait, want at least 5", waiting)
			return
		case <-time.After(5 * time.Millisecond):
		}
		err := db.GetContext(t.Context(), &waiting,
			`SELECT COUNT(*) FROM information_schema.processlist
			WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE 'INSERT %INTO processed_events%'`)
		if err != nil {
			t.Error(err)
			return
		}
	}
}

func TestPruneDeletesOldRecords(t *testing.T) {
	db := newDB(t)
	const old = 2500 // more than one statement deletes
	rows := make([]struct {
		ID string `db:"id"`
		At int64  `db:"at"`
	}, old)
	limit := time.Now().Add(-inbox.Kept)
	for i := range rows {
		rows[i].ID, rows[i].At = fmt.Sprintf("old%d", i), limit.UnixMilli()-int64(i)-1
	}
	rows[0].ID, rows[0].At = "not so old", limit.UnixMilli()
	if _, err := db.NamedExecContext(t.Context(),
		"INSERT INTO processed_events (consumer, event_id, at_ms) VALUES ('c', :id, :at)", rows); err != nil {
		t.Fatal(err)
	}
	pruned, err := inbox.Prune(t.Context(), db, limit)
	if err != nil || pruned != old-1 {
		t.Fatalf("pruned %d, %v, want %d", pruned, err, old-1)
	}
	if n := count(t, db, "processed_events"); n != 1 {
		t.Errorf("%d records left, want 1", n)
	}
}

func TestPruningStartsAtOnceAndEndsWithItsContext(t *testing.T) {
	db := newDB(t)
	if _, err := db.ExecContext(t.Context(),
		"INSERT INTO processed_events (consumer, event_id, at_ms) VALUES ('c', 'old', 1), ('c', 'new', ?)",
		time.Now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- inbox.New(db).RunPruning(ctx, slog.New(slog.DiscardHandler)) }()
	sqltest.Eventually(t, "the old record is deleted", func() bool { return count(t, db, "processed_events") == 1 })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
