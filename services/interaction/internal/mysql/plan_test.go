package mysql_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// filled returns a database with some hundred rows of a few users and videos.
func filled(t *testing.T) *sqlx.DB {
	t.Helper()
	db := newDB(t)
	var likes, comments []string
	for user := range 20 {
		for video := range 40 {
			likes = append(likes, fmt.Sprintf("(%d, %d, %d, %t, 1, %d)", user+1, video+101, video%10+1, (user+video)%4 > 0, 1_000+video))
			comments = append(comments, fmt.Sprintf("(%d, %d, %d, %d, 'text', 'r%d', 1000, %t)",
				user*40+video+1, video+101, video%10+1, user+1, video, (user+video)%5 == 0))
		}
	}
	exec(t, db, "INSERT INTO likes VALUES "+strings.Join(likes, ","))
	exec(t, db, "INSERT INTO comments VALUES "+strings.Join(comments, ","))
	exec(t, db, "INSERT INTO video_counts (video_id, likes, comments) SELECT video_id, SUM(liked), 0 FROM likes GROUP BY video_id")
	exec(t, db, "INSERT INTO purges SELECT video_id, 0, 1000 FROM video_counts")
	exec(t, db, "INSERT INTO user_counts SELECT id, 0, 0 FROM comments")
	exec(t, db, "ANALYZE TABLE likes, comments, video_counts, user_counts, purges")
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
	some := []int64{3, 5, 8}
	tests := []struct {
		name, query string
		args        []any
		want        []sqltest.Step
	}{
		{"videos that a user likes", mysql.ListLiked, []any{3, 7, math.MaxInt64, math.MaxInt64, math.MaxInt64, 30},
			[]sqltest.Step{{Table: "l", Index: "liked_by"}, {Table: "c", Index: "PRIMARY"}, {Table: "v", Index: "PRIMARY"}}},
		{"its next page", mysql.ListLiked, []any{3, 7, 1_020, 1_020, 121, 30},
			[]sqltest.Step{{Table: "l", Index: "liked_by"}, {Table: "c", Index: "PRIMARY"}, {Table: "v", Index: "PRIMARY"}}},
		{"a like set", mysql.LikeSet, []any{7, 5_001}, []sqltest.Step{{Table: "likes", Index: "PRIMARY"}}},
		{"comments", mysql.ListComments, []any{110, math.MaxInt64, 30}, []sqltest.Step{{Table: "comments", Index: "comments_of"}}},
		{"their next page", mysql.ListComments, []any{110, 400, 1_001}, []sqltest.Step{{Table: "comments", Index: "comments_of"}}},
		{"likers of a deleted video", mysql.LikersOf, []any{110, 7, 200}, []sqltest.Step{{Table: "likes", Index: "likes_of"}}},
		{"comments of a deleted video", mysql.CommentsOf, []any{110, 200}, []sqltest.Step{{Table: "comments", Index: "comments_of"}}},
		{"a claim of a purge", mysql.ClaimPurge, []any{110}, []sqltest.Step{{Table: "purges", Index: "PRIMARY"}}},
		// Locking statements read only the rows they lock.
		{"locks of likes", mysql.LockLikes, []any{110, some}, []sqltest.Step{{Table: "likes", Index: "PRIMARY"}}},
		{"ends of likes", mysql.Unlike, []any{1_000, 110, some}, []sqltest.Step{{Table: "likes", Index: "PRIMARY"}}},
		{"counts of users", mysql.SubtractUserCounts, []any{some, 2, 3, some}, []sqltest.Step{{Table: "user_counts", Index: "PRIMARY"}}},
		{"locks of comments", mysql.LockComments, []any{some}, []sqltest.Step{{Table: "comments", Index: "PRIMARY"}}},
		{"ends of comments", mysql.DeleteComments, []any{some}, []sqltest.Step{{Table: "comments", Index: "PRIMARY"}}},
		{"repeated requests", sqldb.Repeat(mysql.CommentsByRequest, ", ", 2), []any{3, "r5", 4, "r6"}, []sqltest.Step{{Table: "comments", Index: "one_per_request"}}},
		{"locks of the likes of a batch", sqldb.Repeat(mysql.LockSomeLikes, ", ", 3), []any{3, 110, 3, 120, 8, 101}, []sqltest.Step{{Table: "likes", Index: "PRIMARY"}}},
		{"deleted videos", mysql.DeletedVideos, []any{[]int64{101, 110}}, []sqltest.Step{{Table: "video_counts", Index: "PRIMARY"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			query, args, err := sqlx.In(tt.query, tt.args...)
			if err != nil {
				t.Fatal(err)
			}
			if got := sqltest.Explain(t, db, query, args...); !slices.Equal(got, tt.want) {
				t.Errorf("plan %+v\nwant %+v", got, tt.want)
			}
		})
	}
}
