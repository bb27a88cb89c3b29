package compose

import (
	"context"

	"golang.org/x/sync/errgroup"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// viewerSets are the videos that a viewer likes and the users that the viewer
// follows.
type viewerSets struct {
	likes, follows idSet
}

// viewerSets reads both sets in one request and calls the owners, in parallel, for
// missing documents. It completes the sets for videoIDs and authorIDs.
func (p peers) viewerSets(ctx context.Context, viewerID int64, videoIDs, authorIDs []int64) (*viewerSets, error) {
	snapshot := p.hot.Snapshot(ctx, hotv1.LikeSetKey(viewerID), hotv1.FollowSetKey(viewerID))
	var sets viewerSets
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		sets.likes, err = p.likeSet(ctx, viewerID, snapshot, videoIDs)
		return err
	})
	both.Go(func() (err error) {
		sets.follows, err = p.followSet(ctx, viewerID, snapshot, authorIDs)
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	return &sets, nil
}

// likeSet returns the videos that the viewer likes, complete for ids.
func (p peers) likeSet(ctx context.Context, viewerID int64, snapshot hotstate.Snapshot, ids []int64) (idSet, error) {
	var set idSet
	if doc, ok := hotstate.Read[*hotv1.LikeSet](snapshot, hotv1.LikeSetKey(viewerID)); ok {
		set = idSet{ids: doc.GetVideoIds(), capped: doc.GetCapped()}
	} else {
		answer, err := p.interactions.GetLikeSet(ctx, &interactionv1.GetLikeSetRequest{UserId: viewerID})
		if err != nil {
			return set, err
		}
		set = idSet{ids: answer.GetVideoIds(), capped: answer.GetCapped()}
	}
	return set, p.completeLikes(ctx, &set, viewerID, ids)
}

// followSet returns the users that the viewer follows, complete for ids.
func (p peers) followSet(ctx context.Context, viewerID int64, snapshot hotstate.Snapshot, ids []int64) (idSet, error) {
	var set idSet
	if doc, ok := hotstate.Read[*hotv1.FollowSet](snapshot, hotv1.FollowSetKey(viewerID)); ok {
		set = idSet{ids: doc.GetUserIds(), capped: doc.GetCapped()}
	} else {
		answer, err := p.relations.GetFollowSet(ctx, &relationv1.GetFollowSetRequest{UserId: viewerID})
		if err != nil {
			return set, err
		}
		set = idSet{ids: answer.GetUserIds(), capped: answer.GetCapped()}
	}
	return set, p.completeFollows(ctx, &set, viewerID, ids)
}

// completeLikes calls the owner about the ids that a capped set cannot answer.
// While it does not answer, they are not liked.
func (p peers) completeLikes(ctx context.Context, set *idSet, viewerID int64, ids []int64) error {
	open := set.missing(ids)
	if len(open) == 0 {
		return nil
	}
	answer, err := p.interactions.Lookup(ctx, &interactionv1.LookupRequest{VideoIds: open, ViewerId: viewerID})
	set.extra = make(map[int64]bool, len(open))
	for _, stats := range answer.GetVideos() {
		set.extra[stats.GetVideoId()] = stats.GetLiked()
	}
	if unanswered(ctx, err) {
		return nil
	}
	return err
}

// completeFollows does the same for follows.
func (p peers) completeFollows(ctx context.Context, set *idSet, viewerID int64, ids []int64) error {
	open := set.missing(ids)
	if len(open) == 0 {
		return nil
	}
	answer, err := p.relations.Lookup(ctx, &relationv1.LookupRequest{UserIds: open, ViewerId: viewerID})
	set.extra = make(map[int64]bool, len(open))
	for _, stats := range answer.GetUsers() {
		set.extra[stats.GetUserId()] = stats.GetFollowed()
	}
	return err
}
