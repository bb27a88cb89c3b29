package mysql_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/relation/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// randomBatch makes changes between four users, so that most of them concern rows
// that others of the same batch concern too.
func randomBatch(random *rand.Rand) []relation.Change {
	changes := make([]relation.Change, random.IntN(12)+1)
	for i := range changes {
		user := random.Int64N(4) + 1
		target := (user+random.Int64N(3))%4 + 1 // never the user
		changes[i] = relation.Change{
			UserID: user, TargetID: target, Following: random.IntN(5) < 3, At: time.UnixMilli(1_000),
			TraceParent: fmt.Sprint("trace-", random.IntN(1000)),
		}
	}
	return changes
}

// Random batches have the results, the counts and the events of the same changes one
// after the other.
func TestABatchEqualsASequence(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			db := newDB(t)
			store, model := mysql.New(db, func() {}), fake.NewStore()
			random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // reproducible
			var want []string
			for n := range 60 {
				changes := randomBatch(random)
				got, err := store.Apply(t.Context(), changes)
				if err != nil {
					t.Fatal(err)
				}
				for i, c := range changes {
					one, err := model.Apply(t.Context(), []relation.Change{c})
					if err != nil {
						t.Fatal(err)
					}
					if got[i] != one[0] {
						t.Errorf("batch %d, change %d %+v: version %d, want %d", n, i, c, got[i], one[0])
					}
					if one[0] > 0 {
						want = append(want, c.TraceParent)
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
			for user := range int64(4) {
				ids := []int64{user + 1}
				got, err := store.Lookup(t.Context(), ids, 1)
				if err != nil {
					t.Fatal(err)
				}
				want, err := model.Lookup(t.Context(), ids, 1)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("stats %+v, want %+v, %v", got, want, err)
				}
			}
			wantConsistent(t, db)
		})
	}
}

// Two replicas apply random batches for the same users.
func TestBatchesOfTwoReplicas(t *testing.T) {
	db := newDB(t)
	var changes atomic.Int64
	var acting sync.WaitGroup
	for replica := range 2 {
		store := mysql.New(db, func() {})
		for worker := range 3 {
			acting.Go(func() {
				random := rand.New(rand.NewPCG(uint64(replica), uint64(worker))) //nolint:gosec // reproducible
				for range 50 {
					versions, err := store.Apply(t.Context(), randomBatch(random))
					if err != nil {
						t.Errorf("Apply: %v", err)
					}
					for _, c := range versions {
						if c > 0 {
							changes.Add(1)
						}
					}
				}
			})
		}
	}
	acting.Wait()
	wantConsistent(t, db)
	if events := count(t, db, "SELECT COUNT(*) FROM outbox"); events != changes.Load() {
		t.Errorf("%d events for %d changes", events, changes.Load())
	}
}
