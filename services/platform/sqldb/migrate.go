package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
)

// Migrate brings the schema up to date with the goose migrations of fsys: the
// *.sql files in its root or, when there is none, in its folder "migrations" (so
// an embed.FS can be given as it is). Replicas that start together take turns:
// the first migrates, the others wait for it and find nothing to do. The pool
// must allow two connections, one of which holds the lock.
//
// MySQL commits at every DDL statement, so a migration that is cut short may be
// done and not be noted: keep one CREATE or ALTER per file, and let it leave out
// what is there already.
func Migrate(ctx context.Context, db *sqlx.DB, fsys fs.FS) error {
	const op = "sqldb.Migrate"
	files, err := migrationFiles(fsys)
	if err != nil {
		return Wrap(op, err)
	}
	provider, err := goose.NewProvider(goose.DialectMySQL, db.DB, files,
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()),
	)
	if err != nil {
		return Wrap(op, err)
	}
	// Not as goose's session locker: it makes its version table before it locks.
	err = locked(ctx, db, func() error {
		_, err := provider.Up(ctx)
		return err
	})
	return Wrap(op, err)
}

func migrationFiles(fsys fs.FS) (fs.FS, error) {
	inRoot, err := fs.Glob(fsys, "*.sql")
	if err != nil || len(inRoot) > 0 {
		return fsys, err
	}
	return fs.Sub(fsys, "migrations")
}

// lockName differs per database, since such locks are the server's. It is
// hashed because a lock's name has at most 64 characters, as a database's has.
const lockName = "CONCAT('migrate.', MD5(DATABASE()))"

// locked runs fn under a lock of the server that a session holds: when the
// process dies it is free at once. It waits for its turn until ctx ends.
func locked(ctx context.Context, db *sqlx.DB, fn func() error) error {
	if db.Stats().MaxOpenConnections == 1 {
		return errors.New("migration lock: the pool allows one connection, two are needed")
	}
	conn, err := db.Connx(ctx)
	if err != nil {
		return fmt.Errorf("migration lock: %w", err)
	}
	defer func() { _ = conn.Close() }()

	for got := (sql.NullInt64{}); got.Int64 != 1; {
		// In short waits, so that the server does not keep a dead waiter long.
		if err := conn.GetContext(ctx, &got, "SELECT GET_LOCK("+lockName+", 5)"); err != nil {
			return fmt.Errorf("migration lock: %w", err)
		}
		if !got.Valid {
			return errors.New("migration lock: the server failed to lock")
		}
	}
	result := fn()
	if _, err := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+lockName+")"); err != nil {
		// Back in the pool the session would keep the lock; a broken one does not go there.
		return errors.Join(result, fmt.Errorf("migration unlock: %w", err), conn.Raw(func(any) error { return driver.ErrBadConn }))
	}
	return result
}
