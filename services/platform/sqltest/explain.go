package sqltest

import (
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
)

// Step is how the server goes about one table of a query, as EXPLAIN says.
type Step struct {
	Table string
	Index string // "" when it reads the whole table
	Sorts bool   // it gathers and sorts rows instead of reading them in order
}

// Explain asks how the server would answer a query. The tables need some rows
// and an ANALYZE TABLE before the answer means anything: of a small table a
// server reads everything.
func Explain(t testing.TB, db *sqlx.DB, query string, args ...any) []Step {
	t.Helper()
	var rows []struct {
		Table *string `db:"table"`
		Type  *string `db:"type"`
		Key   *string `db:"key"`
		Extra *string `db:"Extra"`
	}
	// Unsafe: MySQL and MariaDB tell of different columns beside these.
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
