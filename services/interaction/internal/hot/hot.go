// Package hot keeps the hot documents of likes in the state store.
package hot

import (
	"context"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// Documents is the interaction.Hot of the service.
type Documents struct {
	store  *hotstate.Store
	sets   hotstate.Document[*hotv1.LikeSet]
	counts hotstate.Document[*hotv1.UserLikes]
}

var _ interaction.Hot = (*Documents)(nil)

// New keeps the documents in a store.
func New(store *hotstate.Store) *Documents {
	return &Documents{
		store:  store,
		sets:   hotstate.For[*hotv1.LikeSet](store, hotv1.LikeSetTTL),
		counts: hotstate.For[*hotv1.UserLikes](store, hotv1.UserLikesTTL),
	}
}

// LikeChanged implements interaction.Hot. That the store could not be told is
// logged there; the event tells it again, and the lifetime is the last net.
func (d *Documents) LikeChanged(ctx context.Context, userID, authorID int64) {
	_ = d.ForgetLikes(ctx, userID, authorID)
}

// ForgetLikes is LikeChanged with its failure.
func (d *Documents) ForgetLikes(ctx context.Context, userID, authorID int64) error {
	return d.store.Invalidate(ctx,
		hotv1.LikeSetKey(userID), hotv1.UserLikesKey(userID), hotv1.UserLikesKey(authorID))
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
func (d *Documents) LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (interaction.UserFacts, error)) (interaction.UserFacts, error) {
	doc, err := d.counts.Load(ctx, hotv1.UserLikesKey(userID), func(ctx context.Context) (*hotv1.UserLikes, error) {
		facts, err := rebuild(ctx)
		return &hotv1.UserLikes{Given: facts.Given, Received: facts.Received}, err
	})
	if err != nil {
		return interaction.UserFacts{}, err
	}
	return interaction.UserFacts{UserID: userID, Given: doc.GetGiven(), Received: doc.GetReceived()}, nil
}
