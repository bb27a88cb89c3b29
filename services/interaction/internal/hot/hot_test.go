package hot_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate/hotstatetest"
)

func newDocuments() (*hot.Documents, *hotstatetest.States) {
	states := hotstatetest.New()
	return hot.New(hotstate.New(states, slog.New(slog.DiscardHandler))), states
}

func TestSetIsRebuiltOnceAndThenRead(t *testing.T) {
	docs, states := newDocuments()
	rebuilt := 0
	for range 2 {
		set, err := docs.LoadSet(t.Context(), 7, func(context.Context) (interaction.Set, error) {
			rebuilt++
			return interaction.Set{VideoIDs: []int64{1, 1 << 52}, Capped: true}, nil
		})
		if err != nil || !slices.Equal(set.VideoIDs, []int64{1, 1 << 52}) || !set.Capped {
			t.Errorf("set %+v, %v", set, err)
		}
	}
	if rebuilt != 1 {
		t.Errorf("rebuilt %d times", rebuilt)
	}
	var stored hotv1.LikeSet
	if ttl := states.Document(t, "likes:7", &stored); ttl != hotv1.LikeSetTTL || len(stored.GetVideoIds()) != 2 || !stored.GetCapped() {
		t.Errorf("stored %v for %v", &stored, ttl)
	}
}

func TestCountsAreRebuiltOnceAndThenRead(t *testing.T) {
	docs, states := newDocuments()
	want := interaction.UserStats{UserID: 7, Given: 3, Received: 4}
	for n := range int64(2) {
		got, err := docs.LoadCounts(t.Context(), 7, func(context.Context) (interaction.UserStats, error) {
			return interaction.UserStats{UserID: 7, Given: 3 + n, Received: 4}, nil
		})
		if err != nil || got != want {
			t.Errorf("counts %+v, %v", got, err)
		}
	}
	if ttl := states.Document(t, "given:7", &hotv1.UserLikes{}); ttl != hotv1.UserLikesTTL {
		t.Errorf("stored for %v", ttl)
	}
}

func TestAChangeInvalidatesTheDocumentsOfUserAndAuthor(t *testing.T) {
	docs, states := newDocuments()
	docs.LikesChanged(t.Context(), interaction.ChangedLike{UserID: 7, AuthorID: 5})
	for _, key := range []string{"likes:7", "given:7", "given:5"} {
		if !states.Invalidated(t, key) {
			t.Errorf("%s is not invalidated", key)
		}
	}
	if n := states.Keys(); n != 3 {
		t.Errorf("%d keys were written", n)
	}
}

// A purge ends many likes in one batch, and the author's own may be among them.
func TestManyChangesInvalidateTheDocumentsOfAllUsers(t *testing.T) {
	docs, states := newDocuments()
	var likes []interaction.ChangedLike
	for id := range int64(200) {
		likes = append(likes, interaction.ChangedLike{UserID: id + 1, AuthorID: 5})
	}
	docs.LikesChanged(t.Context(), likes...)
	for _, like := range likes {
		for _, key := range []string{hotv1.LikeSetKey(like.UserID), hotv1.UserLikesKey(like.UserID)} {
			if !states.Invalidated(t, key) {
				t.Errorf("%s is not invalidated", key)
			}
		}
	}
	if n := states.Keys(); n != 400 {
		t.Errorf("%d keys were written", n)
	}
}

func TestFailedRebuildIsNotStored(t *testing.T) {
	docs, states := newDocuments()
	failure := errors.New("database is down")
	if _, err := docs.LoadSet(t.Context(), 7, func(context.Context) (interaction.Set, error) { return interaction.Set{}, failure }); !errors.Is(err, failure) {
		t.Errorf("set: %v", err)
	}
	if _, err := docs.LoadCounts(t.Context(), 7, func(context.Context) (interaction.UserStats, error) { return interaction.UserStats{}, failure }); !errors.Is(err, failure) {
		t.Errorf("counts: %v", err)
	}
	if n := states.Keys(); n != 0 {
		t.Errorf("%d keys were stored", n)
	}
}
