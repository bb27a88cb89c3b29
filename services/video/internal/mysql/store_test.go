package mysql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
	"github.com/douyin-on-dapr/douyin/services/video/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/video/internal/storetest"
)

// newDB is a database with the schema of the program.
func newDB(t *testing.T) *sqlx.DB {
	t.Helper()
	db := sqltest.New(t, mysql.Migrations)
	if err := outbox.Ensure(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return db
}

// clock is the time of a database in Unix milliseconds.
type clock struct{ unixMs atomic.Int64 }

// Set implements storetest.Clock.
func (c *clock) Set(unixMs int64) { c.unixMs.Store(unixMs) }

// clockedConnector sets the time of each new session.
type clockedConnector struct {
	driver.Connector
	clock *clock
}

// Connect implements driver.Connector.
func (c clockedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	ms := c.clock.unixMs.Load()
	for _, statement := range []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", // as sqldb does
		fmt.Sprintf("SET timestamp = %d.%03d", ms/1_000, ms%1_000),
	} {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, statement, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

// newClockedDB is a database with the time of a clock. A session gets its time when
// it begins, so sessions are not reused.
func newClockedDB(t *testing.T) (*sqlx.DB, *clock) {
	t.Helper()
	var name string
	if err := newDB(t).GetContext(t.Context(), &name, "SELECT DATABASE()"); err != nil {
		t.Fatal(err)
	}
	config, err := driverConfig(os.Getenv("TEST_MYSQL_DSN"), name)
	if err != nil {
		t.Fatal(err)
	}
	connector, err := mysqldriver.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	now := &clock{}
	db := sqlx.NewDb(sql.OpenDB(clockedConnector{connector, now}), "mysql")
	db.SetMaxIdleConns(-1)
	db.SetMaxOpenConns(20)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, now
}

func driverConfig(dsn, database string) (*mysqldriver.Config, error) {
	config, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	config.DBName, config.InterpolateParams, config.Collation = database, true, "utf8mb4_bin"
	return config, nil
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (storetest.Store, storetest.Clock) {
		db, now := newClockedDB(t)
		return mysql.New(db, func() {}), now
	})
}
