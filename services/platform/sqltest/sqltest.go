// Package sqltest creates a private database on a real server for each test.
package sqltest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	serverVariable  = "TEST_MYSQL_DSN"
	requireVariable = "REQUIRE_INFRA"
	setupTimeout    = 30 * time.Second
)

// New creates an empty database with a random name on the server of
// TEST_MYSQL_DSN (such as "root@tcp(127.0.0.1:3306)/"; the user needs the right
// to create and drop databases), applies the migrations (nil for none), calls
// the functions that ensure further tables, such as outbox.Ensure, and drops the
// database when the test ends. Without the variable the test is skipped; with
// REQUIRE_INFRA=1 it fails instead, so that CI cannot pass by testing nothing.
func New(t testing.TB, migrations fs.FS, ensure ...func(ctx context.Context, db *sqlx.DB) error) *sqlx.DB {
	t.Helper()
	dsn := os.Getenv(serverVariable)
	if dsn == "" {
		if os.Getenv(requireVariable) == "1" {
			t.Fatalf("%s is not set and %s=1", serverVariable, requireVariable)
		}
		t.Skipf("%s is not set", serverVariable)
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()

	server, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatalf("%s: %v", serverVariable, err)
	}
	server.DBName = ""
	admin, err := sqldb.Open(ctx, server.FormatDSN(), sqldb.Options{MaxOpen: 1})
	if err != nil {
		t.Fatalf("%s: %v", serverVariable, err)
	}
	name := "douyin_test_" + randomHex()
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() { drop(t, admin, name) })

	server.DBName = name
	db, err := sqldb.Open(ctx, server.FormatDSN(), sqldb.Options{})
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	if migrations != nil {
		if err := sqldb.Migrate(ctx, db, migrations); err != nil {
			t.Fatalf("migrate: %v", err)
		}
	}
	for _, tables := range ensure {
		if err := tables(ctx, db); err != nil {
			t.Fatalf("ensure tables: %v", err)
		}
	}
	return db
}

// Eventually waits until a condition holds. It fails the test after a minute;
// what describes the condition.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("not in time: %s", what)
		case <-ticker.C:
		}
	}
}

func drop(t testing.TB, admin *sqlx.DB, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	if _, err := admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name); err != nil {
		t.Errorf("drop database %s: %v", name, err)
	}
	if err := admin.Close(); err != nil {
		t.Errorf("close server connection: %v", err)
	}
}

func randomHex() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
