package mysql_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// filled returns a database with 20 users and 10 messages between each two.
func filled(t *testing.T) *sqlx.DB {
	t.Helper()
	db := newDB(t)
	var messages, conversations, places []string
	for low := 1; low <= 20; low++ {
		for high := low + 1; high <= 20; high++ {
			conversations = append(conversations, fmt.Sprintf("(%d, %d, 10, 1010, 1, %d, 'x')", low, high, low))
			places = append(places, fmt.Sprintf("('%026d', %d, 1000, 0, 0, %d)", low, high, 1_000+low*20+high))
			for seq := 1; seq <= 10; seq++ {
				messages = append(messages, fmt.Sprintf("(%d, %d, %d, %d, %d, 'text', 'r%d', %d)",
					low, high, seq, low*10_000+high*100+seq, []int{low, high}[seq%2], seq, 1_000+seq))
			}
		}
	}
	for table, rows := range map[string][]string{"messages": messages, "conversations": conversations, "places": places} {
		exec(t, db, "INSERT INTO "+table+" VALUES "+strings.Join(rows, ","))
		exec(t, db, "ANALYZE TABLE "+table)
	}
	return db
}

func exec(t *testing.T, db *sqlx.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func TestPlans(t *testing.T) {
	db := filled(t)
	latest, args, err := sqlx.In(mysql.Latest, 5, []int64{2, 9, 17}, 5, []int64{2, 9, 17})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, query string
		args        []any
		table       string
		indexes     []string
	}{
		{"newest messages", mysql.Newest, []any{3, 7, 1_000}, "messages", []string{"PRIMARY"}},
		{"older messages", mysql.Before, []any{3, 7, 10, 1_000}, "messages", []string{"PRIMARY"}},
		{"messages of a peer", mysql.PeerAfter, []any{3, 7, 7, 1_004, 1_000}, "messages", []string{"written_by"}},
		{"message of a peer at a time", mysql.PeerTime, []any{3, 7, 7, 1_004}, "messages", []string{"written_by"}},
		{"repeated request", mysql.ByRequest, []any{3, 7, 7, "r5"}, "messages", []string{"one_per_request"}},
		{"newest message with each peer", latest, args, "conversations", []string{"PRIMARY"}},
		{"old delivery positions", mysql.PrunePositions, []any{1_050}, "places", []string{"by_touch"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []sqltest.Step
			for _, index := range tt.indexes {
				want = append(want, sqltest.Step{Table: tt.table, Index: index})
			}
			if got := sqltest.Explain(t, db, tt.query, tt.args...); !slices.Equal(got, want) {
				t.Errorf("plan %+v\nwant %+v", got, want)
			}
		})
	}
}
