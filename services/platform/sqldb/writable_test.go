package sqldb_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// asService opens the database of a test as a user that may not write to a read-only
// server, unlike the administrator that the tests are.
func asService(t *testing.T, db *sqlx.DB) *sqlx.DB {
	t.Helper()
	dsn, err := mysql.ParseDSN(os.Getenv("TEST_MYSQL_DSN"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.GetContext(t.Context(), &dsn.DBName, "SELECT DATABASE()"); err != nil {
		t.Fatal(err)
	}
	user := "u" + dsn.DBName[len(dsn.DBName)-8:]
	for _, statement := range []string{"CREATE USER " + user + " IDENTIFIED BY 'p'", "GRANT ALL ON " + dsn.DBName + ".* TO " + user} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { db.MustExec("DROP USER " + user) })
	dsn.User, dsn.Passwd = user, "p"
	own, err := sqldb.Open(t.Context(), dsn.FormatDSN(), sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Close() })
	return own
}

// While the server is read-only, reads go on and writes are refused as those of a
// server that is busy. Nobody has to restart anything afterwards.
func TestAReadOnlyServer(t *testing.T) {
	admin := withTable(t)
	db := asService(t, admin)
	if err := sqldb.Writable(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.MustExec("SET GLOBAL read_only = 0") })
	admin.MustExec("SET GLOBAL read_only = 1")

	err := sqldb.Writable(t.Context(), db)
	if errs.CodeOf(err) != errs.Unavailable || errs.ReasonOf(err) != sqldb.ReasonReadOnly || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("got %v", err)
	}
	for range 3 {
		_, err := db.ExecContext(t.Context(), "UPDATE t SET v = 7 WHERE id = 1")
		if errs.CodeOf(sqldb.Wrap("test", err)) != errs.Unavailable {
			t.Errorf("a write: %v", err)
		}
		if v := value(t, db, 1); v != 0 {
			t.Errorf("read %d", v)
		}
	}
	if n := db.Stats().OpenConnections; n > 1 {
		t.Errorf("%d connections to the read-only server are left", n)
	}

	admin.MustExec("SET GLOBAL read_only = 0")
	if err := sqldb.Writable(t.Context(), db); err != nil {
		t.Error(err)
	}
	if err := set(t.Context(), db, 1, 7); err != nil || value(t, db, 1) != 7 {
		t.Errorf("a write afterwards: %v", err)
	}
}
