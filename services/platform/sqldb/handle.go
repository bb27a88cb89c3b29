package sqldb

import (
	"context"
	"database/sql"

	"github.com/jmoiron/sqlx"
)

// Handle is a database or a transaction.
type Handle interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
	QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error)
	NamedExecContext(ctx context.Context, query string, arg any) (sql.Result, error)
}

var (
	_ Handle = (*sqlx.DB)(nil)
	_ Handle = (*sqlx.Tx)(nil)
)

// ExecIn runs a statement in which each slice of args replaces one placeholder,
// as in "id IN (?)". A slice must not be empty.
func ExecIn(ctx context.Context, h Handle, query string, args ...any) error {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return err
	}
	_, err = h.ExecContext(ctx, query, args...)
	return err
}
