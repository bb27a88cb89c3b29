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

// idSet answers "is it in there" for the ids of one page.
type idSet struct {
	ids    []int64 // ascending
	capped bool    // there are more than these
	extra  map[int64]bool
}

func (s *idSet) has(id int64) bool {
	if _, found := slices.BinarySearch(s.ids, id); found {
		return true
	}
	return s.extra[id]
}

// missing are those of some ids that a capped set cannot decide about.
func (s *idSet) missing(ids []int64) []int64 {
	if !s.capped {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(ids), s.has)
}

// viewerSets are what a viewer likes and whom the viewer follows.
type viewerSets struct {
	likes, follows idSet
}

// viewerSets reads both sets in one request and asks the owners, in parallel,
// for what is missing there. videoIDs and authorIDs are what will be looked up.
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

// likeSet is what the viewer likes, complete as far as ids go.
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

// followSet is whom the viewer follows, complete as far as ids go.
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

// completeLikes asks the owner about what a capped set leaves open.
func (c *Composer) completeLikes(ctx context.Context, set *idSet, viewerID int64, ids []int64) error {
	open := set.missing(ids)
	if len(open) == 0 {
		return nil
	}
	answer, err := c.interactions.Lookup(ctx, &interactionv1.LookupRequest{VideoIds: open, ViewerId: viewerID})
	set.extra = make(map[int64]bool, len(open))
	for _, facts := range answer.GetVideos() {
		set.extra[facts.GetVideoId()] = facts.GetLiked()
	}
	return err
}

// completeFollows does the same for whom the viewer follows.
func (c *Composer) completeFollows(ctx context.Context, set *idSet, viewerID int64, ids []int64) error {
	open := set.missing(ids)
	if len(open) == 0 {
		return nil
	}
	answer, err := c.relations.Lookup(ctx, &relationv1.LookupRequest{UserIds: open, ViewerId: viewerID})
	set.extra = make(map[int64]bool, len(open))
	for _, facts := range answer.GetUsers() {
		set.extra[facts.GetUserId()] = facts.GetFollowed()
	}
	return err
}

// FeedFor is Feed with the viewer's own flags, which are exact: the copy of the
// page is public, and shared with everybody.
func (c *Composer) FeedFor(ctx context.Context, viewerID, beforeMS int64) (*Page, error) {
	page, err := c.Feed(ctx, beforeMS)
	if err != nil || viewerID == 0 || len(page.Videos) == 0 {
		return page, err
	}
	videoIDs := make([]int64, len(page.Videos))
	authorIDs := make([]int64, len(page.Videos))
	for i, v := range page.Videos {
		videoIDs[i], authorIDs[i] = v.ID, v.Author.ID
	}
	sets, err := c.viewerSets(ctx, viewerID, videoIDs, authorIDs)
	if err != nil {
		return nil, err
	}
	mine := &Page{Next: page.Next, Videos: slices.Clone(page.Videos)}
	for i := range mine.Videos {
		v := &mine.Videos[i]
		v.IsFavorite = sets.likes.has(v.ID)
		v.Author.IsFollow = sets.follows.has(v.Author.ID)
	}
	return mine, nil
}
