// Package sqldb is a service's access to its MySQL or MariaDB database: opening,
// transactions as closures, the meaning of errors, migrations. It knows no
// service's tables.
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

// Options configure Open.
type Options struct {
	MaxOpen int // most connections; 0 means 32
}

const (
	defaultMaxOpen = 32
	dialTimeout    = 5 * time.Second
	idleTimeout    = 5 * time.Minute
	// A call ends with its context. This limit is for a server that vanishes
	// silently during a call without one; it is long because a migration may be.
	ioTimeout = 10 * time.Minute
	// startWait is how long Open waits for a server when ctx has no deadline.
	startWait = time.Minute
	// lockWait, in seconds, is short because the server does not notice that a
	// client stopped waiting: with the default of 50 s the locks of a request
	// would outlive it by far. InTx waits several times.
	lockWait = "1"
)

// Open connects to the server of the DSN and waits until it answers, at most
// until ctx's deadline; a permanent refusal (wrong password, unknown database) is
// returned at once. Independent of the DSN, times are parsed and UTC, transactions
// are READ COMMITTED, affected rows are changed rows and one call is one
// statement. Errors have a code (see Wrap) and never contain the password.
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
	pool.SetMaxIdleConns(o.MaxOpen) // otherwise a burst keeps closing and opening connections
	pool.SetConnMaxIdleTime(idleTimeout)

	if err := awaitServer(ctx, pool); err != nil {
		_ = pool.Close() // nothing has used it
		return nil, Wrap(op, err)
	}
	return sqlx.NewDb(pool, "mysql"), nil
}

// awaitServer pings until the server answers or refuses permanently, or ctx ends.
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
			// The last answer says more than "deadline exceeded".
			return fmt.Errorf("%w; last answer: %w", driver.ErrBadConn, err)
		}
	}
}

// connector configures the session of each new connection.
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
	cfg.RejectReadOnly = true // after a failover, connections to the earlier server are closed
	cfg.Collation = "utf8mb4_bin"
	cfg.Logger = &mysql.NopLogger{} // it prints errors that it also returns
	cfg.Timeout = orDefault(cfg.Timeout, dialTimeout)
	cfg.ReadTimeout = orDefault(cfg.ReadTimeout, ioTimeout)
	cfg.WriteTimeout = orDefault(cfg.WriteTimeout, ioTimeout)
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["innodb_lock_wait_timeout"] = lockWait
	// MySQL and MariaDB have different names for this variable and refuse each
	// other's; Connect sets it by a statement that both know.
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
// fewer gaps than the server's default, and no transaction here relies on reading
// the same row twice with the same result.
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
