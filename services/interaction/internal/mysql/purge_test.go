package mysql_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/storetest"
)

// add adds likes and comments of the users 1 to n to a video of user 5.
func add(t *testing.T, store *mysql.Store, video, n int64) {
	t.Helper()
	for user := int64(1); user <= n; user++ {
		if _, err := storetest.SetLike(t.Context(), store, interaction.LikeChange{UserID: user, VideoID: video, AuthorID: 5, Liked: true, At: time.UnixMilli(1_000)}); err != nil {
			t.Fatal(err)
		}
		_, err := storetest.AddComment(t.Context(), store, interaction.Comment{
			ID: video*1000 + user, VideoID: video, AuthorID: 5, UserID: user, Content: "x", CreatedAt: time.UnixMilli(1_000),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func markVideoDeleted(t *testing.T, store *mysql.Store, video int64) {
	t.Helper()
	if err := store.MarkVideoDeleted(t.Context(), video, time.UnixMilli(2_000)); err != nil {
		t.Fatal(err)
	}
}

func purge(t *testing.T, store *mysql.Store, fromID, want int64) interaction.PurgeResult {
	t.Helper()
	purged, err := store.PurgeBatch(t.Context(), fromID, 200, time.UnixMilli(3_000))
	if err != nil || purged.VideoID != want {
		t.Fatalf("purged %+v, %v; want video %d", purged, err, want)
	}
	return purged
}

func TestAPurgeWritesTheSameEventsAsUsers(t *testing.T) {
	db := newDB(t)
	var woken atomic.Int64
	store := mysql.New(db, func() { woken.Add(1) })
	add(t, store, 7, 2)
	markVideoDeleted(t, store, 7)
	if _, err := db.ExecContext(t.Context(), "DELETE FROM outbox"); err != nil {
		t.Fatal(err)
	}
	woken.Store(0)
	for range 3 { // likes, comments, the purge itself
		purge(t, store, 0, 7)
	}
	purge(t, store, 0, 0)
	wantEvents(t, db, []outboxEvent{
		{eventv1.TopicUnliked, "like:1:7", 2, `{"userId":"1","videoId":"7","authorId":"5"}`},
		{eventv1.TopicUnliked, "like:2:7", 2, `{"userId":"2","videoId":"7","authorId":"5"}`},
		{eventv1.TopicUncommented, "comment:7001", 2, `{"commentId":"7001","userId":"1","videoId":"7","authorId":"5"}`},
		{eventv1.TopicUncommented, "comment:7002", 2, `{"commentId":"7002","userId":"2","videoId":"7","authorId":"5"}`},
	})
	if woken.Load() != 2 {
		t.Errorf("the relay was woken %d times", woken.Load())
	}
	if n := count(t, db, "SELECT COUNT(*) FROM likes WHERE changed_at_ms <> 3000"); n > 0 {
		t.Errorf("%d likes have the wrong end time", n)
	}
}

// A running purger holds its claim. Others skip the video, and a repeated event
// does not wait. When the purger dies the claim ends.
func TestAClaimEndsWithItsTransaction(t *testing.T) {
	db := newDB(t)
	store := mysql.New(db, func() {})
	for _, video := range []int64{7, 8} {
		add(t, store, video, 1)
		markVideoDeleted(t, store, video)
	}
	tx, err := db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), mysql.ClaimPurge, 0); err != nil {
		t.Fatal(err)
	}
	purge(t, store, 0, 8)
	markVideoDeleted(t, store, 7)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	purge(t, store, 0, 7)
}

// A batch of any size takes the same number of statements, be it of a purge or of
// users.
func TestStatementsOfABatch(t *testing.T) {
	db := newDB(t)
	db.SetMaxOpenConns(1) // the counter belongs to the session
	store := mysql.New(db, func() {})
	add(t, store, 7, 1)
	add(t, store, 8, 150)
	add(t, store, 9, 2)
	markVideoDeleted(t, store, 7)
	markVideoDeleted(t, store, 8)
	statements := func(do func()) int64 {
		asked := func() int64 {
			var name string
			var n int64
			if err := db.QueryRowxContext(t.Context(), "SHOW SESSION STATUS LIKE 'Questions'").Scan(&name, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := asked()
		do()
		return asked() - before - 1 // reading the counter is a statement too
	}
	for _, batch := range []struct {
		what string
		want int64
	}{{"likes", 10}, {"comments", 9}, {"the end", 6}} { // begin and commit included
		for _, video := range []int64{7, 8} {
			if n := statements(func() { purge(t, store, video, video) }); n != batch.want {
				t.Errorf("%s of video %d: %d statements, want %d", batch.what, video, n, batch.want)
			}
		}
	}
	for _, users := range []int64{1, 60} {
		for _, batch := range []struct {
			what  string
			write func(user int64) interaction.Write
			want  int64 // begin and commit included
		}{
			{"likes", func(user int64) interaction.Write { return like(user, 9, true) }, 8},
			{"unlikes", func(user int64) interaction.Write { return like(user, 9, false) }, 7},
			{"likes again", func(user int64) interaction.Write { return like(user, 9, true) }, 8},
			{"comments", func(user int64) interaction.Write {
				return comment(9000+100*users+user, user, 9, fmt.Sprint("r", users))
			}, 7},
			{"deletions", func(user int64) interaction.Write {
				return interaction.Write{Delete: &interaction.Comment{ID: 9000 + 100*users + user}}
			}, 6},
		} {
			var writes []interaction.Write
			for user := range users {
				writes = append(writes, batch.write(1000*users+user))
			}
			n := statements(func() {
				if _, err := store.Apply(t.Context(), writes); err != nil {
					t.Error(err)
				}
			})
			if n != batch.want {
				t.Errorf("%s of %d users: %d statements, want %d", batch.what, users, n, batch.want)
			}
		}
	}
}

// Users like, unlike, comment and delete comments while the videos are deleted,
// several purgers run and the event is delivered repeatedly.
func TestNothingIsLeftOfVideosDeletedUnderLoad(t *testing.T) {
	const users, videos, rounds = 5, 3, 120
	db := newDB(t)
	store := mysql.New(db, func() {})
	var acting, purging sync.WaitGroup
	var done, refused atomic.Int64
	for worker := range int64(10) {
		acting.Go(func() {
			for n := range int64(rounds) {
				user, video := rand.Int64N(users)+1, rand.Int64N(videos)+101
				_, err := storetest.SetLike(t.Context(), store, interaction.LikeChange{
					UserID: user, VideoID: video, AuthorID: video - 100, Liked: rand.IntN(3) > 0, At: time.UnixMilli(1_000 + n),
				})
				tally(t, "SetLike", err, &done, &refused)
				c := interaction.Comment{ID: worker*1000 + n + 1, VideoID: video, AuthorID: video - 100, UserID: user, Content: "x", CreatedAt: time.UnixMilli(1_000)}
				_, err = storetest.AddComment(t.Context(), store, c)
				tally(t, "AddComment", err, &done, &refused)
				if n%3 == 0 {
					if _, err := storetest.DeleteComment(t.Context(), store, c); err != nil {
						t.Errorf("DeleteComment: %v", err)
					}
				}
				// One video after the other, each by several concurrent deliveries.
				if n%(rounds/videos) == rounds/videos/2 {
					if err := store.MarkVideoDeleted(t.Context(), 101+n/(rounds/videos), time.UnixMilli(2_000)); err != nil {
						t.Errorf("MarkVideoDeleted: %v", err)
					}
				}
			}
		})
	}
	over := make(chan struct{})
	for range 3 {
		purging.Go(func() {
			for {
				if _, err := store.PurgeBatch(t.Context(), 0, 3, time.UnixMilli(3_000)); err != nil {
					t.Errorf("PurgeBatch: %v", err)
				}
				select {
				case <-over:
					return
				default:
				}
			}
		})
	}
	acting.Wait()
	close(over)
	purging.Wait()
	for left := true; left; {
		purged, err := store.PurgeBatch(t.Context(), 0, 3, time.UnixMilli(3_000))
		if err != nil {
			t.Fatal(err)
		}
		left = purged.VideoID > 0
	}
	if done.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d done, %d refused: the deletions did not race with the users", done.Load(), refused.Load())
	}
	wantNothingLeft(t, db, videos)
}

func tally(t *testing.T, what string, err error, done, refused *atomic.Int64) {
	t.Helper()
	switch {
	case err == nil:
		done.Add(1)
	case errors.Is(err, interaction.ErrVideoUnknown):
		refused.Add(1)
	default:
		t.Errorf("%s: %v", what, err)
	}
}

// wantNothingLeft checks that all videos are marked as deleted without likes and
// comments, and that the versions of the events are in order.
func wantNothingLeft(t *testing.T, db *sqlx.DB, videos int64) {
	t.Helper()
	wantCountsEqualRows(t, db)
	if n := count(t, db, "SELECT COUNT(*) FROM video_counts WHERE gone AND likes = 0 AND comments = 0"); n != videos {
		t.Errorf("%d videos are deleted and empty, want %d", n, videos)
	}
	for what, query := range map[string]string{
		"likes":           "SELECT COUNT(*) FROM likes WHERE liked",
		"comments":        "SELECT COUNT(*) FROM comments WHERE NOT deleted",
		"counts of users": "SELECT COUNT(*) FROM user_counts WHERE given <> 0 OR received <> 0",
		"purges":          "SELECT COUNT(*) FROM purges",
		"events whose version does not follow the previous one": `SELECT COUNT(*) FROM (SELECT version, COALESCE(LAG(version) OVER (PARTITION BY subject ORDER BY id), 0) AS earlier
			FROM outbox) o WHERE version <> earlier + 1`,
		"subjects whose last event is not their end": `SELECT COUNT(*) FROM (SELECT topic, ROW_NUMBER() OVER (PARTITION BY subject ORDER BY id DESC) AS newest
			FROM outbox) o WHERE newest = 1 AND topic NOT LIKE '%.un%'`,
		"likes whose version is not their number of events": `SELECT COUNT(*) FROM likes l
			WHERE l.version <> (SELECT COUNT(*) FROM outbox o WHERE o.subject = CONCAT('like:', l.user_id, ':', l.video_id))`,
		"comments without two events": `SELECT COUNT(*) FROM comments c
			WHERE 2 <> (SELECT COUNT(*) FROM outbox o WHERE o.subject = CONCAT('comment:', c.id))`,
	} {
		if n := count(t, db, query); n > 0 {
			t.Errorf("%d %s", n, strings.TrimSpace(what))
		}
	}
}
