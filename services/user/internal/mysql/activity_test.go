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
	var rows []string
	for user := range 20 {
		for id := range 50 {
			rows = append(rows, fmt.Sprintf("(%d, %d, 'like:%d:%d', 1, %t, 1, 9, 9, 0, '', 1000, 'E')", user+1, id+1, user, id, id%3 > 0))
		}
	}
	for _, statement := range []string{
		"INSERT INTO activities VALUES " + strings.Join(rows, ","),
		"INSERT INTO activity_marks SELECT user_id, MAX(id), 20 FROM activities GROUP BY user_id",
		"ANALYZE TABLE activities, activity_marks",
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
		{"a list", mysql.ListActivities, []any{7, math.MaxInt64, 30}, []sqltest.Step{{Table: "activities", Index: "PRIMARY"}}},
		{"its next page", mysql.ListActivities, []any{7, 25, 10}, []sqltest.Step{{Table: "activities", Index: "PRIMARY"}}},
		{"unread", mysql.CountUnread, []any{7, 7}, []sqltest.Step{{Table: "activities", Index: "PRIMARY"}, {Table: "activity_marks", Index: "PRIMARY"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := sqltest.Explain(t, db, tt.query, tt.args...); !slices.Equal(got, tt.want) {
				t.Errorf("plan %+v\nwant %+v", got, tt.want)
			}
		})
	}
}
