package sqldb_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

func withTable(t *testing.T) *sqlx.DB {
	t.Helper()
	db := sqltest.New(t, nil)
	db.MustExec("CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL)")
	db.MustExec("INSERT INTO t VALUES (1, 0), (2, 0)")
	return db
}

func value(t *testing.T, db sqldb.Handle, id int) int {
	t.Helper()
	var v int
	if err := db.GetContext(t.Context(), &v, "SELECT v FROM t WHERE id = ?", id); err != nil {
		t.Fatal(err)
	}
	return v
}

func set(ctx context.Context, tx sqldb.Handle, id, v int) error {
	_, err := tx.ExecContext(ctx, "UPDATE t SET v = ? WHERE id = ?", v, id)
	return err
}

func TestInTxCommits(t *testing.T) {
	db := withTable(t)
	err := sqldb.InTx(t.Context(), db, func(ctx context.Context, tx sqldb.Handle) error {
		return errors.Join(set(ctx, tx, 1, 10), set(ctx, tx, 2, 20))
	})
	if err != nil || value(t, db, 1) != 10 || value(t, db, 2) != 20 {
		t.Errorf("%v: %d, %d", err, value(t, db, 1), value(t, db, 2))
	}
}

func TestInTxRollsBack(t *testing.T) {
	db := withTable(t)
	no := errors.New("no")
	runs := 0
	err := sqldb.InTx(t.Context(), db, func(ctx context.Context, tx sqldb.Handle) error {
		runs++
		if err := set(ctx, tx, 1, 10); err != nil {
			return err
		}
		return no
	})
	if err != no { //nolint:errorlint // it is promised to come back as it is
		t.Errorf("got %v", err)
	}
	if runs != 1 || value(t, db, 1) != 0 {
		t.Errorf("%d runs, value %d", runs, value(t, db, 1))
	}
}

func TestInTxRollsBackAPanic(t *testing.T) {
	db := withTable(t)
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic was swallowed")
			}
		}()
		_ = sqldb.InTx(t.Context(), db, func(ctx context.Context, tx sqldb.Handle) error {
			if err := set(ctx, tx, 1, 10); err != nil {
				return err
			}
			panic("boom")
		})
	}()
	if open := db.Stats().InUse; open != 0 {
		t.Errorf("%d connections still in use", open)
	}
	// Its lock is gone too, otherwise this would time out.
	if err := set(t.Context(), db, 1, 11); err != nil || value(t, db, 1) != 11 {
		t.Errorf("%v, value %d", err, value(t, db, 1))
	}
}

func TestInTxRollsBackWhenTheCallerLeaves(t *testing.T) {
	db := withTable(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := sqldb.InTx(ctx, db, func(ctx context.Context, tx sqldb.Handle) error {
		defer cancel()
		return set(ctx, tx, 1, 10)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := value(t, db, 1); got != 0 {
		t.Errorf("value %d", got)
	}
}

// Two transactions lock the same rows in opposite order: the server aborts one,
// and its retry succeeds.
func TestInTxRetriesADeadlock(t *testing.T) {
	db := withTable(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	var bothHoldOne sync.WaitGroup
	bothHoldOne.Add(2)
	var mu sync.Mutex
	runs := 0
	cross := func(first, second int) error {
		met := false
		return sqldb.InTx(ctx, db, func(ctx context.Context, tx sqldb.Handle) error {
			mu.Lock()
			runs++
			mu.Unlock()
			if _, err := tx.ExecContext(ctx, "UPDATE t SET v = v + 1 WHERE id = ?", first); err != nil {
				return err
			}
			if !met {
				met = true
				bothHoldOne.Done()
				bothHoldOne.Wait()
			}
			_, err := tx.ExecContext(ctx, "UPDATE t SET v = v + 1 WHERE id = ?", second)
			return err
		})
	}
	results := make(chan error, 2)
	go func() { results <- cross(1, 2) }()
	go func() { results <- cross(2, 1) }()
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if runs < 3 {
		t.Errorf("%d runs: there was no deadlock to retry", runs)
	}
	if value(t, db, 1) != 2 || value(t, db, 2) != 2 {
		t.Errorf("values %d and %d, want 2 and 2", value(t, db, 1), value(t, db, 2))
	}
}

func TestInTxStopsRetrying(t *testing.T) {
	db := withTable(t)
	runs := 0
	always := serverError(1213, "Deadlock found")
	err := sqldb.InTx(t.Context(), db, func(context.Context, sqldb.Handle) error {
		runs++
		return always
	})
	if !errors.Is(err, always) || runs != 4 {
		t.Errorf("%d runs, %v", runs, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	runs = 0
	err = sqldb.InTx(ctx, db, func(context.Context, sqldb.Handle) error {
		runs++
		cancel()
		return always
	})
	if !errors.Is(err, always) || runs != 1 {
		t.Errorf("without a caller: %d runs, %v", runs, err)
	}
}

func TestInTxRetriesALockWait(t *testing.T) {
	db := withTable(t)
	runs := 0
	err := sqldb.InTx(t.Context(), db, func(ctx context.Context, tx sqldb.Handle) error {
		runs++
		if runs == 1 {
			return serverError(1205, "Lock wait timeout exceeded")
		}
		return set(ctx, tx, 1, 10)
	})
	if err != nil || runs != 2 || value(t, db, 1) != 10 {
		t.Errorf("%d runs, %v", runs, err)
	}
}

// A batch does not wait a second time for a row that another transaction keeps.
func TestAnImpatientTransactionWaitsForOneLock(t *testing.T) {
	db := withTable(t)
	runs := 0
	err := sqldb.InTx(sqldb.Impatient(t.Context()), db, func(context.Context, sqldb.Handle) error {
		runs++
		return serverError(1205, "Lock wait timeout exceeded")
	})
	if !sqldb.IsLockConflict(err) || runs != 1 {
		t.Errorf("%d runs, %v", runs, err)
	}
}

// The server commits, and its answer is lost.
func TestTheOutcomeOfALostCommitIsUnknown(t *testing.T) {
	db := withTable(t)
	again, lose := sqltest.LostCommits(t, db)
	update := func(ctx context.Context, tx sqldb.Handle) error { return set(ctx, tx, 1, 10) }
	if err := sqldb.InTx(t.Context(), again, update); err != nil || sqldb.OutcomeUnknown(err) {
		t.Fatal(err)
	}
	lose.Store(true)
	err := sqldb.InTx(t.Context(), again, func(ctx context.Context, tx sqldb.Handle) error { return set(ctx, tx, 1, 20) })
	if !sqldb.OutcomeUnknown(err) || !sqldb.OutcomeUnknown(sqldb.Wrap("test", err)) {
		t.Errorf("got %v", err)
	}
	if got := value(t, db, 1); got != 20 {
		t.Errorf("value %d", got)
	}
	if err := sqldb.InTx(t.Context(), again, func(context.Context, sqldb.Handle) error { return errors.New("no") }); sqldb.OutcomeUnknown(err) {
		t.Errorf("without a commit: %v", err)
	}
}
