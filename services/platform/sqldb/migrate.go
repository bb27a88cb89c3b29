package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the schema up to date with the goose migrations of fsys: the
// *.sql files in its root or, when there is none, in its folder "migrations" (so
// an embed.FS can be given as it is). Replicas that start together take turns:
// the first migrates, the others wait for it and find nothing to do.
//
// MySQL commits at every DDL statement, so a migration that fails in the middle
// stays half done: keep one CREATE or ALTER per file.
func Migrate(ctx context.Context, db *sqlx.DB, fsys fs.FS) error {
	const op = "sqldb.Migrate"
	files, err := migrationFiles(fsys)
	if err != nil {
		return Wrap(op, err)
	}
	provider, err := goose.NewProvider(goose.DialectMySQL, db.DB, files,
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()),
		goose.WithSessionLocker(migrationLock{}),
	)
	if err != nil {
		return Wrap(op, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return Wrap(op, err)
	}
	return nil
}

func migrationFiles(fsys fs.FS) (fs.FS, error) {
	inRoot, err := fs.Glob(fsys, "*.sql")
	if err != nil || len(inRoot) > 0 {
		return fsys, err
	}
	return fs.Sub(fsys, "migrations")
}

// migrationLock is a lock of the server that its session holds: when the
// process dies it is free again at once.
type migrationLock struct{}

var _ lock.SessionLocker = migrationLock{}

// lockName differs per database, since such locks are the server's. It is
// hashed because a lock's name has at most 64 characters, as a database's has.
const lockName = "CONCAT('migrate.', MD5(DATABASE()))"

// SessionLock waits for its turn until ctx ends.
func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for {
		var got sql.NullInt64
		// In short waits, so that the server does not hold a dead waiter long.
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+lockName+", 5)").Scan(&got); err != nil {
			return fmt.Errorf("migration lock: %w", err)
		}
		if !got.Valid {
			return errors.New("migration lock: the server failed to lock")
		}
		if got.Int64 == 1 {
			return nil
		}
	}
}

// SessionUnlock lets the next one in.
func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	var freed sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT RELEASE_LOCK("+lockName+")").Scan(&freed); err != nil {
		return fmt.Errorf("migration unlock: %w", err)
	}
	return nil
}
