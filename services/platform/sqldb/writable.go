package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// ReasonReadOnly is the reason of Writable's refusal.
const ReasonReadOnly = "DATABASE_READ_ONLY"

// The refusal of Writable: what users read, and its cause for an operator.
var (
	errReadOnly = errs.New(errs.Unavailable, ReasonReadOnly, "the service is read-only for the moment, please try again")
	errOfServer = errors.New("the database is read-only: reads go on, writes are refused until it is writable (a failover, or read_only was set)")
	errKept     = errors.New("the pool keeps a connection to a read-only server")
)

// Writable returns nil if the server answers and accepts writes. A read-only server
// is usually the earlier primary, or a replica that is about to become the primary.
// The connection to such a server is closed, so that a later one may reach the
// primary.
func Writable(ctx context.Context, db *sqlx.DB) error {
	const op = "sqldb.Writable"
	conn, err := db.Connx(ctx)
	if err != nil {
		return Wrap(op, err)
	}
	defer func() { _ = conn.Close() }() // returns it to the pool
	// MySQL sets it with super_read_only too, which MariaDB does not have.
	var value string
	if err := conn.GetContext(ctx, &value, "SELECT @@GLOBAL.read_only"); err != nil {
		return Wrap(op, err)
	}
	switch value {
	case "0", "OFF":
		return nil
	}
	if err := conn.Raw(func(any) error { return driver.ErrBadConn }); err == nil {
		return Wrap(op, errKept)
	}
	return errs.Wrap(op, errReadOnly.WithCause(errOfServer))
}
