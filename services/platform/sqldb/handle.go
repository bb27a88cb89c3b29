package sqldb

import (
	"context"
	"database/sql"
	"strings"

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

// Repeat returns a statement with the part in brackets n times, with the
// separator between them: Repeat("VALUES [(?, ?)]", ", ", 2) is
// "VALUES (?, ?), (?, ?)". n is at least 1, and the statement has one such part.
func Repeat(statement, separator string, n int) string {
	start, end := strings.Index(statement, "["), strings.LastIndex(statement, "]")
	part := statement[start+1 : end]
	return statement[:start] + part + strings.Repeat(separator+part, n-1) + statement[end+1:]
}
