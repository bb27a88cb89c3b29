package mysql_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
	"github.com/douyin-on-dapr/douyin/services/user/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/user/internal/mysql"
)

// Random batches, in which events are delivered twice and out of order, leave the
// lists of the same changes one after the other.
func TestABatchOfChangesEqualsASequence(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			db := newActivitiesDB(t)
			store, model := mysql.NewActivities(db, inbox.New(db)), fake.NewActivities()
			random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // reproducible
			for range 60 {
				changes := make([]activity.Change, random.IntN(12)+1)
				for i := range changes {
					actor, user, version := random.Int64N(4)+1, random.Int64N(3)+11, random.Int64N(6)+1
					changes[i] = activity.Change{
						EventID: fmt.Sprintf("E-%d-%d-%d", actor, user, version), Subject: fmt.Sprintf("like:%d:%d", actor, user),
						Version: version, Present: version%2 == 1, Late: (actor+user+version)%4 == 0,
						Entry: activity.Entry{UserID: user, Kind: activity.Liked, ActorID: actor, VideoID: user, OccurredAt: time.UnixMilli(version).UTC()},
					}
				}
				if err := store.Apply(t.Context(), changes); err != nil {
					t.Fatal(err)
				}
				for _, c := range changes {
					if err := model.Apply(t.Context(), []activity.Change{c}); err != nil {
						t.Fatal(err)
					}
				}
			}
			for user := int64(11); user <= 13; user++ {
				got, err := store.List(t.Context(), user, math.MaxInt64, 100)
				if err != nil {
					t.Fatal(err)
				}
				want, err := model.List(t.Context(), user, math.MaxInt64, 100)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("user %d: %+v\nwant %+v, %v", user, got, want, err)
				}
			}
		})
	}
}
