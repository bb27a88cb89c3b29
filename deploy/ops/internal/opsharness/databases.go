// Package opsharness is the fixture of the tests of operator's tools: throwaway
// databases with the tables of the services, consistent rows in them, and the
// objects that the rows name.
package opsharness

import (
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// Databases are one throwaway database per service, with the tables that the
// service creates.
type Databases struct {
	DSNs map[string]string
	DBs  map[string]*sql.DB // accepts several statements in one call
}

// NewDatabases creates the databases and drops them at the end of the test. This
// takes longer than most tests on them, so tests share them and call Clear.
func NewDatabases(t testing.TB) Databases {
	t.Helper()
	d := Databases{DSNs: map[string]string{}, DBs: map[string]*sql.DB{}}
	for _, service := range []string{"user", "video", "interaction", "relation", "chat"} {
		migrations := os.DirFS(filepath.Join(checkout(), "services", service, "internal", "mysql", "migrations"))
		created := sqltest.New(t, migrations, outbox.Ensure, deadletter.Ensure)
		config, err := mysql.ParseDSN(os.Getenv("TEST_MYSQL_DSN")) // sqltest.New checked it
		if err != nil {
			t.Fatal(err)
		}
		if err := created.GetContext(t.Context(), &config.DBName, "SELECT DATABASE()"); err != nil {
			t.Fatal(err)
		}
		config.MultiStatements = true
		connector, err := mysql.NewConnector(config)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		d.DSNs[service], d.DBs[service] = config.FormatDSN(), db
	}
	return d
}

// checkout is the root of the checkout that this file is in.
func checkout() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "..")
}

// Exec runs statements on the database of a service.
func (d Databases) Exec(t testing.TB, service, statements string, args ...any) {
	t.Helper()
	if _, err := d.DBs[service].ExecContext(t.Context(), statements, args...); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// Number returns the one number that a query selects.
func (d Databases) Number(t testing.TB, service, query string) (n int64) {
	t.Helper()
	if err := d.DBs[service].QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Clear deletes all rows.
func (d Databases) Clear(t testing.TB) {
	t.Helper()
	for service, db := range d.DBs {
		var deletions string
		err := db.QueryRowContext(t.Context(), `SELECT GROUP_CONCAT('DELETE FROM ', table_name SEPARATOR ';')
			FROM information_schema.tables WHERE table_schema = DATABASE()`).Scan(&deletions)
		if err != nil {
			t.Fatal(err)
		}
		d.Exec(t, service, deletions)
	}
}
