package hot_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate/hotstatetest"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

func newDocuments() (*hot.Documents, *hotstatetest.States) {
	states := hotstatetest.New()
	return hot.New(hotstate.New(states, slog.New(slog.DiscardHandler))), states
}

func TestSetIsRebuiltOnceAndThenRead(t *testing.T) {
	docs, states := newDocuments()
	rebuilt := 0
	for range 2 {
		set, err := docs.LoadSet(t.Context(), 7, func(context.Context) (relation.Set, error) {
			rebuilt++
			return relation.Set{UserIDs: []int64{1, 1 << 52}, Capped: true}, nil
		})
		if err != nil || !slices.Equal(set.UserIDs, []int64{1, 1 << 52}) || !set.Capped {
			t.Errorf("set %+v, %v", set, err)
		}
	}
	if rebuilt != 1 {
		t.Errorf("rebuilt %d times", rebuilt)
	}
	var stored hotv1.FollowSet
	if ttl := states.Document(t, "follows:7", &stored); ttl != hotv1.FollowSetTTL || len(stored.GetUserIds()) != 2 || !stored.GetCapped() {
		t.Errorf("stored %v for %v", &stored, ttl)
	}
}

func TestCountsAreRebuiltOnceAndThenRead(t *testing.T) {
	docs, states := newDocuments()
	want := relation.Stats{UserID: 7, Follows: 3, Followers: 4}
	for n := range int64(2) {
		got, err := docs.LoadCounts(t.Context(), 7, func(context.Context) (relation.Stats, error) {
			return relation.Stats{UserID: 7, Follows: 3 + n, Followers: 4}, nil
		})
		if err != nil || got != want {
			t.Errorf("counts %+v, %v", got, err)
		}
	}
	if ttl := states.Document(t, "rel:7", &hotv1.UserRelations{}); ttl != hotv1.UserRelationsTTL {
		t.Errorf("stored for %v", ttl)
	}
}

func TestAChangeInvalidatesTheDocumentsOfBothUsers(t *testing.T) {
	docs, states := newDocuments()
	docs.FollowsChanged(t.Context(), relation.ChangedFollow{UserID: 7, TargetID: 5}, relation.ChangedFollow{UserID: 7, TargetID: 5})
	for _, key := range []string{"follows:7", "rel:7", "rel:5"} {
		if !states.Invalidated(t, key) {
			t.Errorf("%s is not invalidated", key)
		}
	}
	if n := states.Keys(); n != 3 {
		t.Errorf("%d keys were written", n)
	}
}

func TestFailedRebuildIsNotStored(t *testing.T) {
	docs, states := newDocuments()
	failure := errors.New("database is down")
	if _, err := docs.LoadSet(t.Context(), 7, func(context.Context) (relation.Set, error) { return relation.Set{}, failure }); !errors.Is(err, failure) {
		t.Errorf("set: %v", err)
	}
	if _, err := docs.LoadCounts(t.Context(), 7, func(context.Context) (relation.Stats, error) { return relation.Stats{}, failure }); !errors.Is(err, failure) {
		t.Errorf("counts: %v", err)
	}
	if n := states.Keys(); n != 0 {
		t.Errorf("%d keys were stored", n)
	}
}
