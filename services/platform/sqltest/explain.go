package sqltest

import (
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
)

// Step is the access to one table of a query plan, as EXPLAIN reports it.
type Step struct {
	Table string
	Index string // "" for a full table scan
	Sorts bool   // rows are collected and sorted instead of read in order
}

// Explain returns the server's plan for a query. The plan is only meaningful
// when the tables have some rows and an ANALYZE TABLE was run: the server scans
// small tables completely.
func Explain(t testing.TB, db *sqlx.DB, query string, args ...any) []Step {
	t.Helper()
	var rows []struct {
		Table *string `db:"table"`
		Type  *string `db:"type"`
		Key   *string `db:"key"`
		Extra *string `db:"Extra"`
	}
	// Unsafe: MySQL and MariaDB return different columns beside these.
	if err := db.Unsafe().SelectContext(t.Context(), &rows, "EXPLAIN "+query, args...); err != nil {
		t.Fatalf("explain: %v", err)
	}
	steps := make([]Step, len(rows))
	for i, row := range rows {
		steps[i] = Step{Table: text(row.Table), Index: text(row.Key)}
		if text(row.Type) == "ALL" || text(row.Type) == "index" {
			steps[i].Index = ""
		}
		extra := text(row.Extra)
		steps[i].Sorts = strings.Contains(extra, "filesort") || strings.Contains(extra, "temporary")
	}
	return steps
}

func text(column *string) string {
	if column == nil {
		return ""
	}
	return *column
}
