package groupcommit_test

import (
	"context"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/groupcommit"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// A row that another transaction keeps locked fails the write that needs it, and
// neither the writes of its batch nor those behind it.
func TestALockedRowFailsOnlyItsWrite(t *testing.T) {
	db := sqltest.New(t, nil)
	for _, statement := range []string{"CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL)", "INSERT INTO t SELECT seq, 0 FROM seq_1_to_40"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	const locked = 3
	keeper, err := db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Rollback()
	if _, err := keeper.ExecContext(t.Context(), "UPDATE t SET v = -1 WHERE id = ?", locked); err != nil {
		t.Fatal(err)
	}

	h := newHarness(t, groupcommit.Options{})
	h.Queue = groupcommit.New(func(ctx context.Context, writes []int) ([]int, error) {
		if writes[0] == 0 {
			return h.commit(ctx, writes)
		}
		results := make([]int, len(writes))
		err := sqldb.InTx(ctx, db, func(ctx context.Context, tx sqldb.Handle) error {
			for i, id := range writes {
				if _, err := tx.ExecContext(ctx, "UPDATE t SET v = v + 1 WHERE id = ?", id); err != nil {
					return err
				}
				results[i] = 2 * id
			}
			return nil
		})
		return results, sqldb.Wrap("test", err)
	}, groupcommit.Options{})
	h.send(t.Context(), 0)
	<-h.started
	var sent []<-chan answer
	for id := 1; id <= 40; id++ {
		sent = append(sent, h.queue(t, t.Context(), id))
	}
	began := time.Now()
	h.release <- struct{}{}
	for i, answers := range sent {
		if id := i + 1; id == locked {
			wantCode(t, answers, errs.Unavailable)
		} else {
			wantValue(t, answers, 2*id)
		}
	}
	if took := time.Since(began); took > 2900*time.Millisecond {
		t.Errorf("the batch took %v", took)
	}
	var done int
	if err := db.GetContext(t.Context(), &done, "SELECT SUM(v) FROM t"); err != nil || done != 39 {
		t.Errorf("%d updates, %v; want one of each other row", done, err)
	}
}
