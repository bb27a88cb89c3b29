// Package hot stores the hot documents of follows in the state store.
package hot

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// Documents implements relation.Hot on the state store.
type Documents struct {
	store  *hotstate.Store
	sets   hotstate.Document[*hotv1.FollowSet]
	counts hotstate.Document[*hotv1.UserRelations]

	confirmed hotstate.Confirmed // changes whose documents are invalidated
}

var _ relation.Hot = (*Documents)(nil)

// New returns the documents of a store.
func New(store *hotstate.Store) *Documents {
	return &Documents{
		store:  store,
		sets:   hotstate.For[*hotv1.FollowSet](store, hotv1.FollowSetTTL),
		counts: hotstate.For[*hotv1.UserRelations](store, hotv1.UserRelationsTTL),
	}
}

// FollowsChanged implements relation.Hot. hotstate logs and retries a failure.
// BeforePublish invalidates again what is not confirmed, and the lifetime of the
// documents is the last resort.
func (d *Documents) FollowsChanged(ctx context.Context, follows ...relation.ChangedFollow) {
	if d.invalidate(ctx, follows) != nil {
		return
	}
	for _, f := range follows {
		if f.Version > 0 {
			d.confirmed.Add(hotstate.Fact{Subject: eventv1.FollowSubject(f.UserID, f.TargetID), Version: f.Version})
		}
	}
}

func (d *Documents) invalidate(ctx context.Context, follows []relation.ChangedFollow) error {
	var keys []string
	for _, f := range follows {
		keys = append(keys, hotv1.FollowSetKey(f.UserID), hotv1.UserRelationsKey(f.UserID), hotv1.UserRelationsKey(f.TargetID))
	}
	return d.store.Invalidate(ctx, keys...)
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
func (d *Documents) LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (relation.Stats, error)) (relation.Stats, error) {
	doc, err := d.counts.Load(ctx, hotv1.UserRelationsKey(userID), func(ctx context.Context) (*hotv1.UserRelations, error) {
		stats, err := rebuild(ctx)
		return &hotv1.UserRelations{Follows: stats.Follows, Followers: stats.Followers}, err
	})
	if err != nil {
		return relation.Stats{}, err
	}
	return relation.Stats{UserID: userID, Follows: doc.GetFollows(), Followers: doc.GetFollowers()}, nil
}
