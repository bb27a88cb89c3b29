// Package hot keeps the hot documents of follows in the state store.
package hot

import (
	"context"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// Documents is the relation.Hot of the service.
type Documents struct {
	store  *hotstate.Store
	sets   hotstate.Document[*hotv1.FollowSet]
	counts hotstate.Document[*hotv1.UserRelations]
}

var _ relation.Hot = (*Documents)(nil)

// New keeps the documents in a store.
func New(store *hotstate.Store) *Documents {
	return &Documents{
		store:  store,
		sets:   hotstate.For[*hotv1.FollowSet](store, hotv1.FollowSetTTL),
		counts: hotstate.For[*hotv1.UserRelations](store, hotv1.UserRelationsTTL),
	}
}

// Changed implements relation.Hot. That the store could not be told is logged
// there; the event tells it again, and the lifetime is the last net.
func (d *Documents) Changed(ctx context.Context, userID, targetID int64) {
	_ = d.ForgetFollow(ctx, userID, targetID)
}

// ForgetFollow is Changed with its failure.
func (d *Documents) ForgetFollow(ctx context.Context, userID, targetID int64) error {
	return d.store.Invalidate(ctx,
		hotv1.FollowSetKey(userID), hotv1.UserRelationsKey(userID), hotv1.UserRelationsKey(targetID))
}

// LoadSet implements relation.Hot.
func (d *Documents) LoadSet(ctx context.Context, userID int64, rebuild func(context.Context) (relation.Set, error)) (relation.Set, error) {
	doc, err := d.sets.Load(ctx, hotv1.FollowSetKey(userID), func(ctx context.Context) (*hotv1.FollowSet, error) {
		set, err := rebuild(ctx)
		return &hotv1.FollowSet{UserIds: set.UserIDs, Capped: set.Capped}, err
	})
	if err != nil {
		return relation.Set{}, err
	}
	return relation.Set{UserIDs: doc.GetUserIds(), Capped: doc.GetCapped()}, nil
}

// LoadCounts implements relation.Hot.
func (d *Documents) LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (relation.Facts, error)) (relation.Facts, error) {
	doc, err := d.counts.Load(ctx, hotv1.UserRelationsKey(userID), func(ctx context.Context) (*hotv1.UserRelations, error) {
		facts, err := rebuild(ctx)
		return &hotv1.UserRelations{Follows: facts.Follows, Followers: facts.Followers}, err
	})
	if err != nil {
		return relation.Facts{}, err
	}
	return relation.Facts{UserID: userID, Follows: doc.GetFollows(), Followers: doc.GetFollowers()}, nil
}
