package sqldb_test

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// sameServer returns a modified DSN of the test server.
func sameServer(t *testing.T, change func(*mysql.Config)) string {
	t.Helper()
	sqltest.New(t, nil) // skips the test without a server
	cfg, err := mysql.ParseDSN(os.Getenv("TEST_MYSQL_DSN"))
	if err != nil {
		t.Fatal(err)
	}
	change(cfg)
	return cfg.FormatDSN()
}

// A DSN cannot override Open's settings.
func TestOpenForcesTheSession(t *testing.T) {
	dsn := sameServer(t, func(cfg *mysql.Config) {
		cfg.ParseTime = false
		cfg.ClientFoundRows = true
		cfg.MultiStatements = true
		cfg.Params = map[string]string{"tx_isolation": "'SERIALIZABLE'", "time_zone": "'+08:00'"}
	})
	db, err := sqldb.Open(t.Context(), dsn, sqldb.Options{MaxOpen: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	if got := db.Stats().MaxOpenConnections; got != 3 {
		t.Errorf("%d connections at most", got)
	}
	var variables []struct {
		Name  string `db:"Variable_name"`
		Value string `db:"Value"`
	}
	err = db.SelectContext(t.Context(), &variables, `SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation', 'time_zone', 'innodb_lock_wait_timeout')`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range variables {
		got[v.Name] = v.Value
	}
	if got["tx_isolation"]+got["transaction_isolation"] == "" || strings.ReplaceAll(got["tx_isolation"]+got["transaction_isolation"], "READ-COMMITTED", "") != "" {
		t.Errorf("isolation: %v", got)
	}
	if got["time_zone"] != "+00:00" || got["innodb_lock_wait_timeout"] != "1" {
		t.Errorf("session: %v", got)
	}

	var now time.Time
	if err := db.GetContext(t.Context(), &now, "SELECT NOW(3)"); err != nil {
		t.Fatalf("times are not parsed: %v", err)
	}
	if off := time.Since(now).Abs(); off > time.Minute || now.Location() != time.UTC {
		t.Errorf("NOW() is %v, off by %v", now, off)
	}
	if _, err := db.ExecContext(t.Context(), "DO 1; DO 2"); err == nil {
		t.Error("two statements in one call")
	}
}

func TestAffectedRowsAreChangedRows(t *testing.T) {
	db := sqltest.New(t, nil)
	db.MustExec("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
	db.MustExec("INSERT INTO t VALUES (1, 1)")
	if n, err := db.MustExec("UPDATE t SET v = 1 WHERE id = 1").RowsAffected(); err != nil || n != 0 {
		t.Errorf("unchanged row: %d, %v", n, err)
	}
}

// Letters of four bytes, and comparison by bytes.
func TestCharacters(t *testing.T) {
	db := sqltest.New(t, nil)
	db.MustExec("CREATE TABLE t (v VARCHAR(20) PRIMARY KEY)")
	db.MustExec("INSERT INTO t VALUES (?), (?), (?)", "抖音😀", "ann", "Ann")
	var got string
	if err := db.GetContext(t.Context(), &got, "SELECT v FROM t WHERE v = ?", "抖音😀"); err != nil || got != "抖音😀" {
		t.Errorf("got %q, %v", got, err)
	}
}

// Wrong credentials are reported at once, not at the deadline.
func TestOpenRefused(t *testing.T) {
	for name, change := range map[string]func(*mysql.Config){
		"password": func(cfg *mysql.Config) { cfg.User, cfg.Passwd = "nobody", "canary" },
		"database": func(cfg *mysql.Config) { cfg.DBName = "douyin_test_missing" },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			_, err := sqldb.Open(ctx, sameServer(t, change), sqldb.Options{})
			if err == nil || ctx.Err() != nil {
				t.Fatalf("error %v, context %v", err, ctx.Err())
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}

func TestOpenWaitsForTheServer(t *testing.T) {
	dsn := sameServer(t, func(*mysql.Config) {})
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := cfg.Addr
	cfg.Addr = door.Addr().String()
	if err := door.Close(); err != nil { // nothing listens yet
		t.Fatal(err)
	}

	opened := make(chan error, 1)
	go func() {
		db, err := sqldb.Open(t.Context(), cfg.FormatDSN(), sqldb.Options{})
		if err == nil {
			err = db.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Fatalf("Open did not wait: %v", err)
	case <-time.After(150 * time.Millisecond):
	}
	forward(t, cfg.Addr, server)
	select {
	case err := <-opened:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Open did not notice the server")
	}
}

func TestOpenGivesUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := sqldb.Open(ctx, "user:canary@tcp(127.0.0.1:9)/x", sqldb.Options{})
	if errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("no server: %v", err)
	}
	if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%q must contain the refusal and no password", err)
	}
	if _, err := sqldb.Open(t.Context(), "canary", sqldb.Options{}); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("bad DSN: %v", err)
	}
}
