package mysql_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
	"github.com/douyin-on-dapr/douyin/services/user/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/user/internal/storetest"
)

func newActivitiesDB(t *testing.T) *sqlx.DB {
	t.Helper()
	return sqltest.New(t, mysql.Migrations(), inbox.Ensure)
}

func TestActivities(t *testing.T) {
	storetest.RunActivities(t, func(t *testing.T) activity.Store {
		db := newActivitiesDB(t)
		return mysql.NewActivities(db, inbox.New(db))
	})
}

func TestPlansOfActivities(t *testing.T) {
	db := newActivitiesDB(t)
	var rows, sessions []string
	for user := range 20 {
		for id := range 50 {
			rows = append(rows, fmt.Sprintf("(%d, %d, 'like:%d:%d', 1, %t, 1, 9, 9, 0, '', %d, 'E')", user+1, id+1, user, id, id%3 > 0, 1_000+id))
			sessions = append(sessions, fmt.Sprintf("('%026d', %d, %d)", user*50+id, user+1, 1_000+id))
		}
	}
	for _, statement := range []string{
		"INSERT INTO activities VALUES " + strings.Join(rows, ","),
		"INSERT INTO sessions VALUES " + strings.Join(sessions, ","),
		"INSERT INTO activity_marks SELECT user_id, MAX(id) + user_id, 20 FROM activities GROUP BY user_id",
		"ANALYZE TABLE activities, activity_marks, sessions",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, query string
		args        []any
		want        []sqltest.Step
	}{
		{"a list", mysql.ListActivities, []any{7, math.MaxInt64, 30}, []sqltest.Step{{Table: "activities", Index: "listed"}}},
		{"its next page", mysql.ListActivities, []any{7, 25, 10}, []sqltest.Step{{Table: "activities", Index: "listed"}}},
		{"unread", mysql.CountUnread, []any{7, 7, 1_000}, []sqltest.Step{
			{Table: "<derived2>"}, // at most 1,000 rows
			{Table: "activities", Index: "listed"}, {Table: "activity_marks", Index: "PRIMARY"},
		}},
		{"old sessions", mysql.PruneSessions, []any{1_003, 1_000}, []sqltest.Step{{Table: "sessions", Index: "sessions_age"}}},
		{"taken back long ago", mysql.TakenBack, []any{0, 1_003, 0, 0, 0, 0, 1_000}, []sqltest.Step{
			{Table: "a", Index: "taken_back"}, {Table: "m", Index: "PRIMARY"},
		}},
		{"long lists", mysql.LongLists, []any{68, 68, 0, 1_000}, []sqltest.Step{{Table: "activity_marks", Index: "long_lists"}}},
		{"the oldest entry that is kept", mysql.OldestKept, []any{7, 10}, []sqltest.Step{
			{Table: "<derived2>"}, // as many rows as are kept
			{Table: "activities", Index: "listed"},
		}},
		{"the oldest entries", mysql.OldestEntries, []any{7, 25, 10}, []sqltest.Step{{Table: "activities", Index: "listed"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := sqltest.Explain(t, db, tt.query, tt.args...); !slices.Equal(got, tt.want) {
				t.Errorf("plan %+v\nwant %+v", got, tt.want)
			}
		})
	}
}
