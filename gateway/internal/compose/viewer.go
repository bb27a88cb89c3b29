package compose

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// idSet answers whether it contains the ids of one page.
type idSet struct {
	ids    []int64        // ascending
	capped bool           // the set is larger than ids
	extra  map[int64]bool // answers beyond a capped set
}

func (s *idSet) has(id int64) bool {
	if _, found := slices.BinarySearch(s.ids, id); found {
		return true
	}
	return s.extra[id]
}

// missing returns the ids that a capped set cannot answer.
func (s *idSet) missing(ids []int64) []int64 {
	if !s.capped {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(ids), s.has)
}

// viewerSets are the videos that a viewer likes and the users that the viewer
// follows.
type viewerSets struct {
	likes, follows idSet
}

// viewerSets reads both sets in one request and calls the owners, in parallel, for
// missing documents. It completes the sets for videoIDs and authorIDs.
func (c *Composer) viewerSets(ctx context.Context, viewerID int64, videoIDs, authorIDs []int64) (*viewerSets, error) {
	snapshot := c.hot.Snapshot(ctx, hotv1.LikeSetKey(viewerID), hotv1.FollowSetKey(viewerID))
	var sets viewerSets
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		sets.likes, err = c.likeSet(ctx, viewerID, snapshot, videoIDs)
		return err
	})
	both.Go(func() (err error) {
		sets.follows, err = c.followSet(ctx, viewerID, snapshot, authorIDs)
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	return &sets, nil
}

// likeSet returns the videos that the viewer likes, complete for ids.
func (c *Composer) likeSet(ctx context.Context, viewerID int64, snapshot hotstate.Snapshot, ids []int64) (idSet, error) {
	var set idSet
	if doc, ok := hotstate.Read[*hotv1.LikeSet](snapshot, hotv1.LikeSetKey(viewerID)); ok {
		set = idSet{ids: doc.GetVideoIds(), capped: doc.GetCapped()}
	} else {
		answer, err := c.interactions.GetLikeSet(ctx, &interactionv1.GetLikeSetRequest{UserId: viewerID})
		if err != nil {
			return set, err
		}
		set = idSet{ids: answer.GetVideoIds(), capped: answer.GetCapped()}
	}
	return set, c.completeLikes(ctx, &set, viewerID, ids)
}

// followSet returns the users that the viewer follows, complete for ids.
func (c *Composer) followSet(ctx context.Context, viewerID int64, snapshot hotstate.Snapshot, ids []int64) (idSet, error) {
	var set idSet
	if doc, ok := hotstate.Read[*hotv1.FollowSet](snapshot, hotv1.FollowSetKey(viewerID)); ok {
		set = idSet{ids: doc.GetUserIds(), capped: doc.GetCapped()}
	} else {
		answer, err := c.relations.GetFollowSet(ctx, &relationv1.GetFollowSetRequest{UserId: viewerID})
		if err != nil {
			return set, err
		}
		set = idSet{ids: answer.GetUserIds(), capped: answer.GetCapped()}
	}
	return set, c.completeFollows(ctx, &set, viewerID, ids)
}

// completeLikes asks the owner about the ids that a capped set cannot answer.
func (c *Composer) completeLikes(ctx context.Context, set *idSet, viewerID int64, ids []int64) error {
	open := set.missing(ids)
	if len(open) == 0 {
		return nil
	}
	answer, err := c.interactions.Lookup(ctx, &interactionv1.LookupRequest{VideoIds: open, ViewerId: viewerID})
	set.extra = make(map[int64]bool, len(open))
	for _, stats := range answer.GetVideos() {
		set.extra[stats.GetVideoId()] = stats.GetLiked()
	}
	return err
}

// completeFollows does the same for follows.
func (c *Composer) completeFollows(ctx context.Context, set *idSet, viewerID int64, ids []int64) error {
	open := set.missing(ids)
	if len(open) == 0 {
		return nil
	}
	answer, err := c.relations.Lookup(ctx, &relationv1.LookupRequest{UserIds: open, ViewerId: viewerID})
	set.extra = make(map[int64]bool, len(open))
	for _, stats := range answer.GetUsers() {
		set.extra[stats.GetUserId()] = stats.GetFollowed()
	}
	return err
}
