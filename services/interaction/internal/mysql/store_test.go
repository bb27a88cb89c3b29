package mysql_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/storetest"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

func newDB(t *testing.T) *sqlx.DB {
	t.Helper()
	return sqltest.New(t, mysql.Migrations(), outbox.Ensure)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return mysql.New(newDB(t), func() {}) })
}

// outboxEvent is one row of the outbox.
type outboxEvent struct {
	Topic   string `db:"topic"`
	Subject string `db:"subject"`
	Version int64  `db:"version"`
	Data    string `db:"data"`
}

// events reads the outbox in the order of publishing.
func events(t *testing.T, db *sqlx.DB) []outboxEvent {
	t.Helper()
	var rows []outboxEvent
	if err := db.SelectContext(t.Context(), &rows, "SELECT topic, subject, version, data FROM outbox ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	return rows
}

func count(t *testing.T, db *sqlx.DB, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := db.GetContext(t.Context(), &n, query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func TestEachChangeOfALikeHasOneEvent(t *testing.T) {
	db := newDB(t)
	var woken atomic.Int64
	store := mysql.New(db, func() { woken.Add(1) })
	for _, liked := range []bool{false, true, true, false, false, true} {
		_, err := storetest.SetLike(t.Context(), store, interaction.LikeChange{UserID: 1, VideoID: 7, AuthorID: 5, Liked: liked, At: time.UnixMilli(1_000)})
		if err != nil {
			t.Fatal(err)
		}
	}
	const data = `{"userId":"1","videoId":"7","authorId":"5"}`
	wantEvents(t, db, []outboxEvent{
		{eventv1.TopicLiked, "like:1:7", 1, data},
		{eventv1.TopicUnliked, "like:1:7", 2, data},
		{eventv1.TopicLiked, "like:1:7", 3, data},
	})
	if woken.Load() != 3 {
		t.Errorf("the relay was woken %d times", woken.Load())
	}
}

func TestEachChangeOfACommentHasOneEvent(t *testing.T) {
	db := newDB(t)
	store := mysql.New(db, func() {})
	long := make([]rune, 60)
	for i := range long {
		long[i] = '好'
	}
	comment := interaction.Comment{ID: 11, VideoID: 7, AuthorID: 5, UserID: 1, Content: string(long), RequestID: "r", CreatedAt: time.UnixMilli(1_000)}
	for _, id := range []int64{11, 12} { // the second is a repetition of the first
		comment.ID = id
		if _, err := storetest.AddComment(t.Context(), store, comment); err != nil {
			t.Fatal(err)
		}
	}
	comment.ID = 11
	for range 2 {
		if _, err := storetest.DeleteComment(t.Context(), store, comment); err != nil {
			t.Fatal(err)
		}
	}
	wantEvents(t, db, []outboxEvent{
		{eventv1.TopicCommented, "comment:11", 1, fmt.Sprintf(`{"commentId":"11","userId":"1","videoId":"7","authorId":"5","excerpt":"%s"}`, string(long[:50]))},
		{eventv1.TopicUncommented, "comment:11", 2, `{"commentId":"11","userId":"1","videoId":"7","authorId":"5"}`},
	})
}

// wantEvents compares the outbox with the expected events, without the spaces that
// protojson adds at random.
func wantEvents(t *testing.T, db *sqlx.DB, want []outboxEvent) {
	t.Helper()
	got := events(t, db)
	for i := range got {
		got[i].Data = string(slices.DeleteFunc([]byte(got[i].Data), func(b byte) bool { return b == ' ' }))
	}
	if !slices.Equal(got, want) {
		t.Errorf("events %+v\nwant %+v", got, want)
	}
}

// After concurrent likes and comments of a few users on each other's videos, the
// counts equal the rows and each change has one event.
func TestCountsEqualRowsAfterConcurrentChanges(t *testing.T) {
	db := newDB(t)
	store := mysql.New(db, func() {})
	var changes atomic.Int64
	var group sync.WaitGroup
	for worker := range int64(12) {
		group.Go(func() {
			for n := range int64(25) {
				user, video := rand.Int64N(4)+1, rand.Int64N(4)+101
				changed, err := storetest.SetLike(t.Context(), store, interaction.LikeChange{
					UserID: user, VideoID: video, AuthorID: video - 100, Liked: rand.IntN(2) == 0, At: time.UnixMilli(1_000 + n),
				})
				if err != nil {
					t.Errorf("SetLike: %v", err)
				}
				if changed {
					changes.Add(1)
				}
				c := interaction.Comment{ID: worker*100 + n + 1, VideoID: video, AuthorID: video - 100, UserID: user, Content: "x", CreatedAt: time.UnixMilli(1_000)}
				if _, err := storetest.AddComment(t.Context(), store, c); err != nil {
					t.Errorf("AddComment: %v", err)
				}
				changes.Add(1)
				if n%3 == 0 {
					if _, err := storetest.DeleteComment(t.Context(), store, c); err != nil {
						t.Errorf("DeleteComment: %v", err)
					}
					changes.Add(1)
				}
			}
		})
	}
	group.Wait()
	wantCountsEqualRows(t, db)
	if events := count(t, db, "SELECT COUNT(*) FROM outbox"); events != changes.Load() {
		t.Errorf("%d events for %d changes", events, changes.Load())
	}
	if n := count(t, db, `SELECT COUNT(*) FROM (SELECT subject, version, id, COALESCE(LAG(version) OVER (PARTITION BY subject ORDER BY id), 0) AS before_it FROM outbox) o WHERE version <> before_it + 1`); n > 0 {
		t.Errorf("%d events have a version that does not follow the previous one", n)
	}
	if n := count(t, db, `SELECT COUNT(*) FROM likes l WHERE l.version <> (SELECT COUNT(*) FROM outbox o WHERE o.subject = CONCAT('like:', l.user_id, ':', l.video_id))`); n > 0 {
		t.Errorf("%d likes have a version that is not their number of events", n)
	}
}

// wantCountsEqualRows compares each count with the number of its rows, in SQL.
func wantCountsEqualRows(t *testing.T, db *sqlx.DB) {
	t.Helper()
	for what, query := range map[string]string{
		"likes of a video": `SELECT COUNT(*) FROM video_counts c WHERE c.likes <>
			(SELECT COUNT(*) FROM likes l WHERE l.video_id = c.video_id AND l.liked = TRUE)`,
		"comments of a video": `SELECT COUNT(*) FROM video_counts c WHERE c.comments <>
			(SELECT COUNT(*) FROM comments m WHERE m.video_id = c.video_id AND m.deleted = FALSE)`,
		"likes given": `SELECT COUNT(*) FROM user_counts c WHERE c.given <>
			(SELECT COUNT(*) FROM likes l WHERE l.user_id = c.user_id AND l.liked = TRUE)`,
		"likes received": `SELECT COUNT(*) FROM user_counts c WHERE c.received <>
			(SELECT COUNT(*) FROM likes l WHERE l.author_id = c.user_id AND l.liked = TRUE)`,
		"a liked video without counts": `SELECT COUNT(*) FROM likes l LEFT JOIN video_counts c USING (video_id) WHERE c.video_id IS NULL`,
	} {
		if wrong := count(t, db, query); wrong > 0 {
			t.Errorf("%s: %d wrong", what, wrong)
		}
	}
}

// Concurrent calls with the same request id create one comment.
func TestRaceForARequestID(t *testing.T) {
	db := newDB(t)
	store := mysql.New(db, func() {})
	var group sync.WaitGroup
	answers := make([]int64, 16)
	for i := range answers {
		group.Go(func() {
			made, err := storetest.AddComment(t.Context(), store, interaction.Comment{
				ID: int64(i + 1), VideoID: 7, AuthorID: 5, UserID: 1, Content: "x", RequestID: "r", CreatedAt: time.UnixMilli(1_000),
			})
			if err != nil {
				t.Errorf("AddComment: %v", err)
			}
			answers[i] = made.ID
		})
	}
	group.Wait()
	if slices.Min(answers) != slices.Max(answers) {
		t.Errorf("answers differ: %v", answers)
	}
	if n := count(t, db, "SELECT COUNT(*) FROM outbox"); n != 1 {
		t.Errorf("%d events", n)
	}
	wantCountsEqualRows(t, db)
}
