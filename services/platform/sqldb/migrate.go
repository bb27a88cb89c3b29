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

// Migrate applies the goose migrations of fsys: the *.sql files in its root or, if
// there are none, in its folder "migrations" (so an embed.FS can be passed
// directly). Replicas that start together take turns: the first migrates, the
// others wait and find nothing to do. The pool must allow two connections, one of
// which holds the lock.
//
// MySQL commits at every DDL statement, so an interrupted migration may be applied
// but not recorded: keep one CREATE or ALTER per file, and write it so that it can
// be repeated.
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
	// Not goose's session locker, which creates its version table before it locks.
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

// lockName contains the database, because such locks are global to the server.
// The name is hashed because lock and database names both have up to 64
// characters.
const lockName = "CONCAT('migrate.', MD5(DATABASE()))"

// locked runs fn under a server lock that a session holds, so it is released when
// the process dies. It waits for the lock until ctx ends.
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
		// Short waits, so the server does not keep a dead waiter for long.
		if err := conn.GetContext(ctx, &got, "SELECT GET_LOCK("+lockName+", 5)"); err != nil {
			return fmt.Errorf("migration lock: %w", err)
		}
		if !got.Valid {
			return errors.New("migration lock: server error")
		}
	}
	result := fn()
	if _, err := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+lockName+")"); err != nil {
		// In the pool the session would keep the lock; a broken one is not reused.
		return errors.Join(result, fmt.Errorf("migration unlock: %w", err), conn.Raw(func(any) error { return driver.ErrBadConn }))
	}
	return result
}
