package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// database is that of one service.
type database struct {
	service string
	db      *sql.DB
	tables  map[string]bool
}

// querier is a pool or one of its connections.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

var (
	_ querier = (*sql.DB)(nil)
	_ querier = (*sql.Conn)(nil)
)

const (
	dialTimeout    = 5 * time.Second
	maxConnections = 8
)

// The answers of a server that has no such database. Where the account has no
// right on it either, the server does not tell.
const (
	errUnknownDatabase = 1049
	errDatabaseDenied  = 1044
)

// open connects to every database that exists and notes the others.
func (a *auditor) open(ctx context.Context) error {
	for _, service := range services() {
		dsn := a.options.DSNs[service]
		if dsn == "" {
			a.report.note("%s: skipped, there is no secret of its database", service)
			continue
		}
		d, err := openDatabase(ctx, service, dsn)
		var refused *mysql.MySQLError
		if errors.As(err, &refused) && (refused.Number == errUnknownDatabase || refused.Number == errDatabaseDenied) {
			a.report.note("%s: skipped, there is no database", service)
			continue
		}
		if err != nil {
			return fmt.Errorf("database of %s: %w", service, err)
		}
		a.databases[service] = d
		if len(d.tables) == 0 {
			a.report.note("%s: skipped, its database has no tables", service)
		}
	}
	return nil
}

func openDatabase(ctx context.Context, service, dsn string) (*database, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("its DSN cannot be read") // the driver's error quotes it
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
	tables, err := collect(ctx, db, `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`,
		func(name *string) []any { return []any{name} })
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	d := &database{service: service, db: db, tables: map[string]bool{}}
	for _, table := range tables {
		d.tables[table] = true
	}
	return d, nil
}

// has reports whether all the tables exist.
func (d *database) has(tables ...string) bool {
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

// snapshot lets read see the database as it was at one moment.
func (d *database) snapshot(ctx context.Context, read func(q querier) error) (err error) {
	conn, err := d.db.Conn(ctx)
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

// collect reads all rows of a query; fields are where the columns of one go.
func collect[T any](ctx context.Context, q querier, query string, fields func(*T) []any, args ...any) (all []T, err error) {
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

// ids reads one column of numbers.
func ids(ctx context.Context, q querier, query string, args ...any) ([]int64, error) {
	return collect(ctx, q, query, func(id *int64) []any { return []any{id} }, args...)
}
