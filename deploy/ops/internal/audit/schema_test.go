package audit_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// checkout is seen from this folder.
const checkout = "../../../.."

const setupTimeout = 2 * time.Minute

func serviceNames() []string {
	return []string{"user", "video", "interaction", "relation", "chat"}
}

// databases are throwaway ones, of one service each, with the tables that the
// services themselves create.
type databases struct {
	dsns map[string]string
	dbs  map[string]*sql.DB
}

// newDatabases makes them on the server of TEST_MYSQL_DSN and drops them at the
// end of the test.
func newDatabases(t *testing.T) databases {
	t.Helper()
	dsn := os.Getenv("TEST_MYSQL_DSN")
	if dsn == "" {
		if os.Getenv("REQUIRE_INFRA") == "1" {
			t.Fatal("TEST_MYSQL_DSN is not set and REQUIRE_INFRA=1")
		}
		t.Skip("TEST_MYSQL_DSN is not set")
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MultiStatements = true
	made := databases{dsns: map[string]string{}, dbs: map[string]*sql.DB{}}
	for _, service := range serviceNames() {
		var random [6]byte
		_, _ = rand.Read(random[:]) // never fails
		name := "audit_" + service + "_" + hex.EncodeToString(random[:])
		config.DBName = ""
		admin := open(t, config)
		exec(ctx, t, admin, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
		t.Cleanup(func() {
			exec(context.Background(), t, admin, "DROP DATABASE "+name)
			if err := admin.Close(); err != nil {
				t.Error(err)
			}
		})
		config.DBName = name
		db := open(t, config)
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		exec(ctx, t, db, schema(t, service))
		made.dsns[service], made.dbs[service] = config.FormatDSN(), db
	}
	return made
}

func open(t *testing.T, config *mysql.Config) *sql.DB {
	t.Helper()
	connector, err := mysql.NewConnector(config.Clone())
	if err != nil {
		t.Fatal(err)
	}
	return sql.OpenDB(connector)
}

func exec(ctx context.Context, t *testing.T, db *sql.DB, statements string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(ctx, statements, args...); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// schema is what the service's migrations and the platform create.
func schema(t *testing.T, service string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(checkout, "services", service, "internal", "mysql", "migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("migrations of %s: %v, %v", service, files, err)
	}
	slices.Sort(files)
	var text strings.Builder
	for _, file := range files {
		up, _, _ := strings.Cut(read(t, file), "-- +goose Down")
		text.WriteString(up + "\n")
	}
	for table, file := range map[string]string{
		"outbox":       "services/platform/outbox/outbox.go",
		"dead_letters": "services/platform/deadletter/table.go",
	} {
		source := read(t, filepath.Join(checkout, file))
		begin := "CREATE TABLE IF NOT EXISTS " + table + " ("
		_, rest, found := strings.Cut(source, begin)
		columns, _, ended := strings.Cut(rest, "`")
		if !found || !ended {
			t.Fatalf("%s does not create %s", file, table)
		}
		text.WriteString(begin + columns + ";\n")
	}
	return text.String()
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// emptied deletes all rows.
func (d databases) emptied(t *testing.T) {
	t.Helper()
	for _, db := range d.dbs {
		var deletions string
		err := db.QueryRowContext(t.Context(), `SELECT GROUP_CONCAT('DELETE FROM ', table_name SEPARATOR ';')
			FROM information_schema.tables WHERE table_schema = DATABASE()`).Scan(&deletions)
		if err != nil {
			t.Fatal(err)
		}
		exec(t.Context(), t, db, deletions)
	}
}
