package mysql_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/groupcommit"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// like is a like or an unlike. The author of a video has its id less 100.
func like(user, video int64, liked bool) interaction.Write {
	return interaction.Write{Like: &interaction.LikeChange{
		UserID: user, VideoID: video, AuthorID: video - 100, Liked: liked, At: time.UnixMilli(1_000),
	}}
}

func comment(id, user, video int64, requestID string) interaction.Write {
	return interaction.Write{Add: &interaction.Comment{
		ID: id, VideoID: video, AuthorID: video - 100, UserID: user, Content: fmt.Sprint("text ", id),
		RequestID: requestID, CreatedAt: time.UnixMilli(1_000).UTC(),
	}}
}

// generator makes random writes of a few users to each other's videos, so that
// most of them concern rows that others of the same batch concern too.
type generator struct {
	random *rand.Rand
	first  int64 // ids of comments begin after it
	made   int64
}

func (g *generator) write() interaction.Write {
	user, video := g.random.Int64N(4)+1, g.random.Int64N(4)+101
	var w interaction.Write
	switch g.random.IntN(8) {
	case 0, 1, 2:
		w = like(user, video, true)
	case 3, 4:
		w = like(user, video, false)
	case 5, 6:
		requestID := ""
		if g.random.IntN(2) == 0 {
			requestID = fmt.Sprint("r", g.random.IntN(10))
		}
		g.made++
		w = comment(g.first+g.made, user, video, requestID)
	default:
		w = interaction.Write{Delete: &interaction.Comment{ID: g.first + g.random.Int64N(g.made+2)}}
	}
	w.TraceParent = fmt.Sprint("trace-", g.random.IntN(1000))
	return w
}

func (g *generator) batch() []interaction.Write {
	writes := make([]interaction.Write, g.random.IntN(12)+1)
	for i := range writes {
		writes[i] = g.write()
	}
	return writes
}

// Random batches have the outcomes, the counts and the events of the same writes
// one after the other, also when videos are deleted and purged in between.
func TestABatchEqualsASequence(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			db := newDB(t)
			store, model := mysql.New(db, func() {}), fake.NewStore()
			g := &generator{random: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // reproducible
			var want []string
			for n := range 60 {
				writes := g.batch()
				got, err := store.Apply(t.Context(), writes)
				if err != nil {
					t.Fatal(err)
				}
				for i, w := range writes {
					outcomes, err := model.Apply(t.Context(), []interaction.Write{w})
					if err != nil {
						t.Fatal(err)
					}
					if got[i] != outcomes[0] {
						t.Errorf("batch %d, write %d %s: %+v, want %+v", n, i, describe(w), got[i], outcomes[0])
					}
					want = append(want, traces(w, outcomes[0])...)
				}
				if n == 40 {
					for _, s := range []interaction.Purges{store, model} {
						if err := s.MarkVideoDeleted(t.Context(), 101, time.UnixMilli(2_000)); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			var events []string
			if err := db.SelectContext(t.Context(), &events, "SELECT traceparent FROM outbox ORDER BY id"); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(events, want) {
				t.Errorf("the events have the traces\n%v, want\n%v", events, want)
			}
			wantSameCounts(t, store, model)
			wantCountsEqualRows(t, db)
			wantVersionsInOrder(t, db)
		})
	}
}

func describe(w interaction.Write) string {
	switch {
	case w.Like != nil:
		return fmt.Sprintf("%+v", *w.Like)
	case w.Add != nil:
		return fmt.Sprintf("add %+v", *w.Add)
	default:
		return fmt.Sprint("delete ", w.Delete.ID)
	}
}

// traces returns the trace of the write's event, if it has one.
func traces(w interaction.Write, o interaction.Outcome) []string {
	if o.Changed || w.Add != nil && o.Err == nil && o.Comment.ID == w.Add.ID {
		return []string{w.TraceParent}
	}
	return nil
}

func wantSameCounts(t *testing.T, store, model interaction.Stats) {
	t.Helper()
	for id := int64(1); id <= 4; id++ {
		var users [2][]interaction.UserStats
		var videos [2][]interaction.VideoStats
		for i, s := range []interaction.Stats{store, model} {
			var err error
			if users[i], err = s.UserStats(t.Context(), []int64{id}); err != nil {
				t.Fatal(err)
			}
			if videos[i], err = s.VideoStats(t.Context(), []int64{100 + id}, 1); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(users[0], users[1]) || !slices.Equal(videos[0], videos[1]) {
			t.Errorf("%+v %+v\nwant %+v %+v", users[0], videos[0], users[1], videos[1])
		}
	}
}

func wantVersionsInOrder(t *testing.T, db *sqlx.DB) {
	t.Helper()
	for what, query := range map[string]string{
		"events whose version does not follow the previous one": `SELECT COUNT(*) FROM (SELECT version,
			COALESCE(LAG(version) OVER (PARTITION BY subject ORDER BY id), 0) AS earlier FROM outbox) o WHERE version <> earlier + 1`,
		"events whose topic is that of the previous one": `SELECT COUNT(*) FROM (SELECT topic,
			LAG(topic) OVER (PARTITION BY subject ORDER BY id) AS earlier FROM outbox) o WHERE topic = earlier`,
		"likes whose version is not their number of events": `SELECT COUNT(*) FROM likes l WHERE l.version <>
			(SELECT COUNT(*) FROM outbox o WHERE o.subject = CONCAT('like:', l.user_id, ':', l.video_id))`,
		"comments without one event for each state": `SELECT COUNT(*) FROM comments c WHERE 1 + c.deleted <>
			(SELECT COUNT(*) FROM outbox o WHERE o.subject = CONCAT('comment:', c.id))`,
	} {
		if n := count(t, db, query); n > 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

// Two replicas apply random batches for the same users and videos, while one video
// is deleted and purged.
func TestBatchesOfTwoReplicas(t *testing.T) {
	db := newDB(t)
	var changes atomic.Int64
	var acting sync.WaitGroup
	for replica := range 2 {
		store := mysql.New(db, func() {})
		for worker := range 3 {
			acting.Go(func() {
				g := &generator{random: rand.New(rand.NewPCG(uint64(replica), uint64(worker))), first: int64(1000 * (10*replica + worker + 1))} //nolint:gosec // reproducible
				for n := range 50 {
					writes := g.batch()
					outcomes, err := store.Apply(t.Context(), writes)
					if err != nil {
						t.Errorf("Apply: %v", err)
						continue
					}
					for i, w := range writes {
						changes.Add(int64(len(traces(w, outcomes[i]))))
					}
					if n == 25 {
						if err := store.MarkVideoDeleted(t.Context(), 104, time.UnixMilli(2_000)); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
	}
	acting.Wait()
	wantCountsEqualRows(t, db)
	wantVersionsInOrder(t, db)
	if n := count(t, db, "SELECT COUNT(*) FROM outbox"); n != changes.Load() {
		t.Errorf("%d events for %d changes", n, changes.Load())
	}
	if n := count(t, db, `SELECT COUNT(*) FROM (SELECT user_id, request_id FROM comments WHERE request_id IS NOT NULL
		GROUP BY user_id, request_id HAVING COUNT(*) > 1) r`); n > 0 {
		t.Errorf("%d request ids have several comments", n)
	}
}

// A connection that breaks in the middle of a batch fails all its writes and
// leaves nothing behind; the same writes succeed afterwards.
func TestABatchThatBreaksLeavesNothing(t *testing.T) {
	db := newDB(t)
	store := mysql.New(db, func() {})
	if _, err := store.Apply(t.Context(), []interaction.Write{like(9, 101, true)}); err != nil {
		t.Fatal(err)
	}
	queue := groupcommit.New(store.Apply, groupcommit.Options{})
	blocker, err := db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = blocker.Rollback() }()
	if _, err := blocker.ExecContext(t.Context(), "UPDATE video_counts SET likes = likes + 1 WHERE video_id = 101"); err != nil {
		t.Fatal(err)
	}
	const users = 8
	act := func(answered func(err error)) *sync.WaitGroup {
		var acting sync.WaitGroup
		for user := int64(1); user <= users; user++ {
			acting.Go(func() {
				_, err := queue.Do(t.Context(), like(user, 101, true))
				answered(err)
			})
		}
		return &acting
	}
	var failed atomic.Int64
	acting := act(func(err error) {
		if errs.CodeOf(err) != errs.Unavailable || err == nil {
			t.Errorf("a write of a broken batch: %v", err)
		}
		failed.Add(1)
	})
	sqltest.Eventually(t, "each batch is broken while it waits for the counts", func() bool {
		var ids []int64
		err := db.SelectContext(t.Context(), &ids, `SELECT id FROM information_schema.processlist
			WHERE db = DATABASE() AND info LIKE 'INSERT INTO video_counts%'`)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			_, _ = db.ExecContext(t.Context(), fmt.Sprint("KILL ", id)) // it may have ended
		}
		return failed.Load() == users
	})
	acting.Wait()
	if err := blocker.Rollback(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "SELECT COUNT(*) FROM outbox"); n != 1 {
		t.Errorf("%d events are left of broken batches", n-1)
	}
	wantCountsEqualRows(t, db)
	act(func(err error) {
		if err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}).Wait()
	if n := count(t, db, "SELECT likes FROM video_counts WHERE video_id = 101"); n != users+1 {
		t.Errorf("%d likes, want %d", n, users+1)
	}
	wantCountsEqualRows(t, db)
}

// A write that the database refuses fails alone.
func TestAnInvalidWriteFailsAlone(t *testing.T) {
	db := newDB(t)
	queue := groupcommit.New(mysql.New(db, func() {}).Apply, groupcommit.Options{})
	var acting sync.WaitGroup
	for id := int64(1); id <= 20; id++ {
		acting.Go(func() {
			w := comment(id, id, 101, "")
			if id == 7 {
				w.Add.Content = strings.Repeat("x", 501)
			}
			if _, err := queue.Do(t.Context(), w); (err != nil) != (id == 7) {
				t.Errorf("comment %d: %v", id, err)
			}
		})
	}
	acting.Wait()
	if n := count(t, db, "SELECT comments FROM video_counts WHERE video_id = 101"); n != 19 {
		t.Errorf("%d comments, want 19", n)
	}
	wantCountsEqualRows(t, db)
}
