// Package hot stores the hot documents of likes in the state store.
package hot

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// Documents implements interaction.Hot on the state store.
type Documents struct {
	store  *hotstate.Store
	sets   hotstate.Document[*hotv1.LikeSet]
	counts hotstate.Document[*hotv1.UserLikes]

	confirmed hotstate.Confirmed // changes whose documents are invalidated
}

var _ interaction.Hot = (*Documents)(nil)

// New returns the documents of a store.
func New(store *hotstate.Store) *Documents {
	return &Documents{
		store:  store,
		sets:   hotstate.For[*hotv1.LikeSet](store, hotv1.LikeSetTTL),
		counts: hotstate.For[*hotv1.UserLikes](store, hotv1.UserLikesTTL),
	}
}

// LikesChanged implements interaction.Hot. hotstate logs and retries a failure.
// BeforePublish invalidates again what is not confirmed, and the lifetime of the
// documents is the last resort.
func (d *Documents) LikesChanged(ctx context.Context, likes ...interaction.ChangedLike) {
	if d.invalidate(ctx, likes) != nil {
		return
	}
	for _, l := range likes {
		if l.Version > 0 {
			d.confirmed.Add(hotstate.Fact{Subject: eventv1.LikeSubject(l.UserID, l.VideoID), Version: l.Version})
		}
	}
}

func (d *Documents) invalidate(ctx context.Context, likes []interaction.ChangedLike) error {
	var keys []string
	for _, l := range likes {
		keys = append(keys, hotv1.LikeSetKey(l.UserID), hotv1.UserLikesKey(l.UserID), hotv1.UserLikesKey(l.AuthorID))
	}
	return d.store.Invalidate(ctx, keys...)
}

// LoadSet implements interaction.Hot.
func (d *Documents) LoadSet(ctx context.Context, userID int64, rebuild func(context.Context) (interaction.Set, error)) (interaction.Set, error) {
	doc, err := d.sets.Load(ctx, hotv1.LikeSetKey(userID), func(ctx context.Context) (*hotv1.LikeSet, error) {
		set, err := rebuild(ctx)
		return &hotv1.LikeSet{VideoIds: set.VideoIDs, Capped: set.Capped}, err
	})
	if err != nil {
		return interaction.Set{}, err
	}
	return interaction.Set{VideoIDs: doc.GetVideoIds(), Capped: doc.GetCapped()}, nil
}

// LoadCounts implements interaction.Hot.
func (d *Documents) LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (interaction.UserStats, error)) (interaction.UserStats, error) {
	doc, err := d.counts.Load(ctx, hotv1.UserLikesKey(userID), func(ctx context.Context) (*hotv1.UserLikes, error) {
		stats, err := rebuild(ctx)
		return &hotv1.UserLikes{Given: stats.Given, Received: stats.Received}, err
	})
	if err != nil {
		return interaction.UserStats{}, err
	}
	return interaction.UserStats{UserID: userID, Given: doc.GetGiven(), Received: doc.GetReceived()}, nil
}
