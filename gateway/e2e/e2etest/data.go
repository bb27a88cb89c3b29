//go:build e2e

package e2etest

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// readSecrets reads the secrets file of the stack in a data folder.
func readSecrets(data string) (map[string]string, error) {
	content, err := os.ReadFile(filepath.Join(data, "secrets.json"))
	if err != nil {
		return nil, missing("no secrets: %v", err)
	}
	var secrets map[string]string
	return secrets, json.Unmarshal(content, &secrets)
}

// Secret returns a secret of the stack.
func Secret(t testing.TB, name string) string {
	t.Helper()
	secrets, err := readSecrets(StackData(t))
	need(t, err)
	value, exists := secrets[name]
	if !exists {
		t.Fatalf("the stack has no secret %s", name)
	}
	return value
}

// Database opens the database of a service.
func Database(t testing.TB, service string) *sql.DB {
	t.Helper()
	config, err := mysql.ParseDSN(Secret(t, "mysql-"+service+"-dsn"))
	if err != nil {
		t.Fatal(err)
	}
	config.InterpolateParams = true // so that the server counts one statement
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
	return db
}

// Count runs a query for one number.
func Count(ctx context.Context, db *sql.DB, query string, args ...any) (int64, error) {
	var n int64
	err := db.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}
