package mysql_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/mysql"
)

// filled returns a database in which 30 users follow most of the others.
func filled(t *testing.T) *sqlx.DB {
	t.Helper()
	db := newDB(t)
	const users = 30
	var follows []string
	for user := range users {
		for target := range users {
			if user != target {
				follows = append(follows, fmt.Sprintf("(%d, %d, %t, 1, %d)", user+1, target+1, (user+target)%4 > 0, 1_000+target))
			}
		}
	}
	exec(t, db, "INSERT INTO follows VALUES "+strings.Join(follows, ","))
	exec(t, db, "INSERT INTO counts SELECT user_id, SUM(following), 0 FROM follows GROUP BY user_id")
	exec(t, db, "ANALYZE TABLE follows, counts")
	return db
}

func exec(t *testing.T, db *sqlx.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestPlans(t *testing.T) {
	db := filled(t)
	first := []any{3, 7, math.MaxInt64, math.MaxInt64, math.MaxInt64, 10}
	next := []any{3, 7, 1_015, 1_015, 16, 10}
	list := func(index string) []sqltest.Step {
		return []sqltest.Step{{Table: "f", Index: index}, {Table: "c", Index: "PRIMARY"}, {Table: "v", Index: "PRIMARY"}}
	}
	friends := []sqltest.Step{
		{Table: "f", Index: "follows_of"}, {Table: "b", Index: "PRIMARY"},
		{Table: "c", Index: "PRIMARY"}, {Table: "v", Index: "PRIMARY"},
	}
	tests := []struct {
		name, query string
		args        []any
		want        []sqltest.Step
	}{
		{"follows", mysql.ListFollows, first, list("follows_of")},
		{"follows, next page", mysql.ListFollows, next, list("follows_of")},
		{"followers", mysql.ListFollowers, first, list("followers_of")},
		{"followers, next page", mysql.ListFollowers, next, list("followers_of")},
		{"friends", mysql.ListFriends, first, friends},
		{"friends, next page", mysql.ListFriends, next, friends},
		{"follows without counts", mysql.FollowIDs, first[1:], list("follows_of")[:1]},
		{"followers without counts", mysql.FollowerIDs, next[1:], list("followers_of")[:1]},
		{"friends without counts", mysql.FriendIDs, first[1:], friends[:2]},
		{"a follow set", mysql.FollowSet, []any{7, 5_001}, []sqltest.Step{{Table: "follows", Index: "PRIMARY"}}},
		{"locks of the follows of a batch", sqldb.Repeat(mysql.LockFollows, ", ", 3), []any{3, 7, 3, 8, 9, 1}, []sqltest.Step{{Table: "follows", Index: "PRIMARY"}}},
		{"are two friends", mysql.AreFriends, []any{3, 7, 7, 3}, []sqltest.Step{{Table: "follows", Index: "PRIMARY"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := sqltest.Explain(t, db, tt.query, tt.args...); !slices.Equal(got, tt.want) {
				t.Errorf("plan %+v\nwant %+v", got, tt.want)
			}
		})
	}
}
