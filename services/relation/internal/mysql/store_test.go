package mysql_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/storetest"
)

func newDB(t *testing.T) *sqlx.DB {
	t.Helper()
	return sqltest.New(t, mysql.Migrations(), outbox.Ensure)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return mysql.New(newDB(t), func() {}) })
}

// event is one row of the outbox.
type event struct {
	Topic   string `db:"topic"`
	Subject string `db:"subject"`
	Version int64  `db:"version"`
	Data    string `db:"data"`
}

func TestEachChangeHasOneEvent(t *testing.T) {
	db := newDB(t)
	var woken atomic.Int64
	store := mysql.New(db, func() { woken.Add(1) })
	for _, following := range []bool{false, true, true, false, false, true} {
		if _, err := storetest.SetFollow(t.Context(), store, relation.Change{UserID: 1, TargetID: 7, Following: following, At: time.UnixMilli(1_000)}); err != nil {
			t.Fatal(err)
		}
	}
	var got []event
	if err := db.SelectContext(t.Context(), &got, "SELECT topic, subject, version, data FROM outbox ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	for i := range got { // protojson adds spaces at random
		got[i].Data = string(slices.DeleteFunc([]byte(got[i].Data), func(b byte) bool { return b == ' ' }))
	}
	const data = `{"userId":"1","targetId":"7"}`
	want := []event{
		{eventv1.TopicFollowed, "follow:1:7", 1, data},
		{eventv1.TopicUnfollowed, "follow:1:7", 2, data},
		{eventv1.TopicFollowed, "follow:1:7", 3, data},
	}
	if !slices.Equal(got, want) {
		t.Errorf("events %+v\nwant %+v", got, want)
	}
	if woken.Load() != 3 {
		t.Errorf("the relay was woken %d times", woken.Load())
	}
}

func count(t *testing.T, db *sqlx.DB, query string) int64 {
	t.Helper()
	var n int64
	if err := db.GetContext(t.Context(), &n, query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// After concurrent changes the counts equal the rows, and each change has one
// event.
func TestCountsEqualRowsAfterConcurrentChanges(t *testing.T) {
	db := newDB(t)
	store := mysql.New(db, func() {})
	var changes atomic.Int64
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			for n := range int64(40) {
				user, target := rand.Int64N(5)+1, rand.Int64N(5)+1
				if user == target {
					continue
				}
				changed, err := storetest.SetFollow(t.Context(), store, relation.Change{UserID: user, TargetID: target, Following: rand.IntN(2) == 0, At: time.UnixMilli(1_000 + n)})
				if err != nil {
					t.Errorf("SetFollow: %v", err)
				}
				if changed {
					changes.Add(1)
				}
			}
		})
	}
	group.Wait()
	wantConsistent(t, db)
	if events := count(t, db, "SELECT COUNT(*) FROM outbox"); events != changes.Load() {
		t.Errorf("%d events for %d changes", events, changes.Load())
	}
}

// wantConsistent compares the counts with the rows and the versions with the events.
func wantConsistent(t *testing.T, db *sqlx.DB) {
	t.Helper()
	for what, query := range map[string]string{
		"follows": `SELECT COUNT(*) FROM counts c WHERE c.follows <>
			(SELECT COUNT(*) FROM follows f WHERE f.user_id = c.user_id AND f.following = TRUE)`,
		"followers": `SELECT COUNT(*) FROM counts c WHERE c.followers <>
			(SELECT COUNT(*) FROM follows f WHERE f.target_id = c.user_id AND f.following = TRUE)`,
		"users without counts": `SELECT COUNT(*) FROM follows f LEFT JOIN counts c USING (user_id) WHERE c.user_id IS NULL`,
		"events whose version does not follow the previous one": `SELECT COUNT(*) FROM (SELECT version,
			COALESCE(LAG(version) OVER (PARTITION BY subject ORDER BY id), 0) AS before_it FROM outbox) o WHERE version <> before_it + 1`,
		"follows whose version is not their number of events": `SELECT COUNT(*) FROM follows f WHERE f.version <>
			(SELECT COUNT(*) FROM outbox o WHERE o.subject = CONCAT('follow:', f.user_id, ':', f.target_id))`,
	} {
		if wrong := count(t, db, query); wrong > 0 {
			t.Errorf("%s: %d wrong", what, wrong)
		}
	}
}
