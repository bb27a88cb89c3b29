// Package sqldb is how a service speaks to its MySQL or MariaDB database:
// opening, transactions as closures, the meaning of errors, migrations. It
// knows no table of anybody.
package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
)

// Options for Open.
type Options struct {
	MaxOpen int // connections at most; 32 when zero
}

const (
	defaultMaxOpen = 32
	dialTimeout    = 5 * time.Second
	idleTimeout    = 5 * time.Minute
	// A call ends with its context. This is for a server that vanished without
	// a word under a call that has none; long, because a migration may be.
	ioTimeout = 10 * time.Minute
	// startWait is how long Open waits for a server when ctx has no deadline.
	startWait = time.Minute
	// lockWait, in seconds, is short because the server does not notice that a
	// client gave up waiting: with its default of 50 s the locks of a request
	// would outlive it by far.
	lockWait = "3"
)

// Open connects to the server of the DSN and waits, up to ctx's deadline, until
// it answers; a refusal that waiting cannot cure (wrong password, unknown
// database) is returned at once. Whatever the DSN says, times are parsed and
// UTC, transactions are READ COMMITTED, affected rows are changed rows and one
// call is one statement. Errors have a code (see Wrap) and never hold the
// password.
func Open(ctx context.Context, dsn string, o Options) (*sqlx.DB, error) {
	const op = "sqldb.Open"
	connect, err := newConnector(dsn)
	if err != nil {
		return nil, Wrap(op, err)
	}
	if o.MaxOpen <= 0 {
		o.MaxOpen = defaultMaxOpen
	}
	pool := sql.OpenDB(connect)
	pool.SetMaxOpenConns(o.MaxOpen)
	pool.SetMaxIdleConns(o.MaxOpen) // else a burst closes and opens connections all the time
	pool.SetConnMaxIdleTime(idleTimeout)

	if err := awaitServer(ctx, pool); err != nil {
		_ = pool.Close() // nothing was done on it
		return nil, Wrap(op, err)
	}
	return sqlx.NewDb(pool, "mysql"), nil
}

// awaitServer pings until the server answers, refuses for good, or time is up.
func awaitServer(ctx context.Context, pool *sql.DB) error {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, startWait)
		defer cancel()
	}
	pause := 50 * time.Millisecond
	for {
		err := pool.PingContext(ctx)
		if err == nil {
			return nil
		}
		switch number(err) {
		case accessDenied, accessDeniedToDatabase, unknownDatabase:
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			pause = min(2*pause, time.Second)
		case <-ctx.Done():
			timer.Stop()
			// What the server said last is worth more than "deadline exceeded".
			return fmt.Errorf("%w; last answer: %w", driver.ErrBadConn, err)
		}
	}
}

// connector sets up the session of each new connection.
type connector struct{ driver.Connector }

var _ driver.Connector = connector{}

func newConnector(dsn string) (connector, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return connector{}, fmt.Errorf("data source name: %w", err)
	}
	cfg.ParseTime = true
	cfg.Loc = time.UTC
	cfg.InterpolateParams = true // one round trip instead of prepare, execute, close
	cfg.ClientFoundRows = false
	cfg.MultiStatements = false
	cfg.AllowAllFiles = false
	cfg.Collation = "utf8mb4_bin"
	cfg.Logger = &mysql.NopLogger{} // it prints to standard error what it also returns
	cfg.Timeout = orDefault(cfg.Timeout, dialTimeout)
	cfg.ReadTimeout = orDefault(cfg.ReadTimeout, ioTimeout)
	cfg.WriteTimeout = orDefault(cfg.WriteTimeout, ioTimeout)
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["innodb_lock_wait_timeout"] = lockWait
	// MySQL and MariaDB call the variable by different names, either of which
	// the other refuses; Connect sets it by a statement that both know.
	delete(cfg.Params, "tx_isolation")
	delete(cfg.Params, "transaction_isolation")

	inner, err := mysql.NewConnector(cfg)
	if err != nil {
		return connector{}, fmt.Errorf("data source name: %w", err)
	}
	return connector{inner}, nil
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// Connect opens a connection and sets its isolation level. READ COMMITTED locks
// fewer gaps than the server's default, and no code of ours reads a row twice
// in one transaction and relies on seeing the same.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	session, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver cannot execute"), conn.Close())
	}
	if _, err := session.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
