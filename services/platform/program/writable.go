package program

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// writable checks whether the database accepts writes, and logs each change.
type writable struct {
	db       *sqlx.DB
	log      *slog.Logger
	readOnly atomic.Bool
}

// check fails while the database is down or read-only. Events wait meanwhile.
func (w *writable) check(ctx context.Context) error {
	err := sqldb.Writable(ctx, w.db)
	readOnly := errs.ReasonOf(err) == sqldb.ReasonReadOnly
	switch {
	case readOnly && !w.readOnly.Swap(true):
		w.log.WarnContext(ctx, "database is read-only; events wait and writes are refused", "error", err.Error())
	case err == nil && w.readOnly.Swap(false):
		w.log.InfoContext(ctx, "database is writable again")
	}
	return err
}
