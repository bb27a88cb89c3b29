// Package servicedb reads the databases of the services.
package servicedb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// DB is the database of one service.
type DB struct {
	*sql.DB
	Service string
	tables  map[string]bool
}

// Querier is a pool or one of its connections.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

var (
	_ Querier = (*DB)(nil)
	_ Querier = (*sql.Conn)(nil)
)

const (
	dialTimeout    = 5 * time.Second
	maxConnections = 8
)

// The error numbers of a server without the database. A server answers with the
// second one when the account has no rights on that name.
const (
	errUnknownDatabase = 1049
	errDatabaseDenied  = 1044
)

// Open connects to the database of a service. It returns nil without an error if
// the server has no such database.
func Open(ctx context.Context, service, dsn string) (*DB, error) {
	d, err := open(ctx, service, dsn)
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && (refused.Number == errUnknownDatabase || refused.Number == errDatabaseDenied) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("database of %s: %w", service, err)
	}
	return d, nil
}

func open(ctx context.Context, service, dsn string) (*DB, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("invalid DSN") // the error of the driver contains the DSN with its password
	}
	config.Timeout = dialTimeout
	config.InterpolateParams = true
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(maxConnections)
	tables, err := Collect(ctx, db, `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`,
		func(name *string) []any { return []any{name} })
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	d := &DB{DB: db, Service: service, tables: map[string]bool{}}
	for _, table := range tables {
		d.tables[table] = true
	}
	return d, nil
}

// Empty reports whether the database has no tables.
func (d *DB) Empty() bool { return len(d.tables) == 0 }

// Has reports whether all the tables exist. It is false for a nil DB.
func (d *DB) Has(tables ...string) bool {
	if d == nil {
		return false
	}
	for _, table := range tables {
		if !d.tables[table] {
			return false
		}
	}
	return true
}

// Snapshot calls read with a view of the database at one moment.
func (d *DB) Snapshot(ctx context.Context, read func(q Querier) error) (err error) {
	conn, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for _, statement := range []string{
		"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if err := read(conn); err != nil {
		return err // closing the pool ends the transaction
	}
	_, err = conn.ExecContext(ctx, "ROLLBACK")
	return err
}

// Collect reads all rows of a query; fields returns where the columns of one row
// are stored.
func Collect[T any](ctx context.Context, q Querier, query string, fields func(*T) []any, args ...any) (all []T, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one T
		if err := rows.Scan(fields(&one)...); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// IDs reads one column of numbers.
func IDs(ctx context.Context, q Querier, query string, args ...any) ([]int64, error) {
	return Collect(ctx, q, query, func(id *int64) []any { return []any{id} }, args...)
}
