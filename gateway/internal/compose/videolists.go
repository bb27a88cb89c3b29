package compose

import (
	"context"
	"slices"
	"strconv"
	"time"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Liked returns the videos that a user likes, the most recent like first, as the
// viewer (0: nobody) sees them.
func (c *Composer) Liked(ctx context.Context, viewerID, userID int64, page PageRequest) (List[Video], error) {
	followed := c.followedBy(ctx, viewerID)
	answer, err := c.interactions.ListLiked(ctx, &interactionv1.ListLikedRequest{
		UserId: userID, ViewerId: viewerID, Cursor: page.Cursor, Limit: page.Limit, WithoutAuthors: true,
	})
	if err != nil {
		return List[Video]{}, err
	}
	liked := answer.GetVideos()
	list := List[Video]{Entries: make([]Video, 0, len(liked)), Next: answer.GetNextCursor()}
	if len(liked) == 0 {
		return list, nil
	}
	ids, authorIDs := make([]int64, len(liked)), make([]int64, len(liked))
	for i, l := range liked {
		ids[i], authorIDs[i] = l.GetFacts().GetVideoId(), l.GetAuthorId()
	}
	var videos []*videov1.Video
	var authors []User
	err = together(ctx,
		func(ctx context.Context) (err error) {
			videos, err = c.existing(ctx, ids)
			return err
		},
		func(ctx context.Context) (err error) {
			authors, err = c.cards.users(ctx, viewerID, authorIDs, followed)
			return err
		},
	)
	if err != nil {
		return List[Video]{}, err
	}
	for i, v := range videos {
		if v.GetState() != videov1.State_STATE_READY {
			continue // deleted; its likes will be deleted soon
		}
		list.Entries = append(list.Entries, newVideo(c.links, v, authors[i], liked[i].GetFacts()))
	}
	return list, nil
}

// existing returns videos in the order of ids, nil for one that is deleted. What it
// returns of a video may be a second old, but not that it exists.
func (c *Composer) existing(ctx context.Context, ids []int64) ([]*videov1.Video, error) {
	start := time.Now()
	videos, loaded, err := c.videosByID.dated(ctx, ids)
	if err != nil || !loaded.Before(start) {
		return videos, err
	}
	answer, err := c.videos.FindMissing(ctx, &videov1.FindMissingRequest{VideoIds: ids})
	if err != nil {
		return nil, err
	}
	if len(answer.GetVideoIds()) == 0 {
		return videos, nil
	}
	missing := idSet{ids: slices.Sorted(slices.Values(answer.GetVideoIds()))}
	for i, id := range ids {
		if missing.has(id) {
			videos[i] = nil
		}
	}
	return videos, nil
}

func (c *Composer) loadVideos(ctx context.Context, ids []int64) (map[int64]*videov1.Video, error) {
	answer, err := c.videos.GetVideos(ctx, &videov1.GetVideosRequest{VideoIds: ids})
	found := make(map[int64]*videov1.Video, len(ids))
	for _, v := range answer.GetVideos() {
		found[v.GetId()] = v
	}
	return found, err
}

// Works returns the videos of one author published before a moment (Unix
// milliseconds, 0 for now), newest first, as the viewer (0: nobody) sees them now,
// without a cache while all services answer: authors see their own in every state,
// others the ready ones. An unknown author has none.
func (c *Composer) Works(ctx context.Context, viewerID, authorID, beforeMS int64, limit int32) (List[Video], error) {
	var list *videov1.ListByAuthorResponse
	var card userCard
	err := together(ctx,
		func(ctx context.Context) (err error) {
			list, err = c.videos.ListByAuthor(ctx, &videov1.ListByAuthorRequest{
				AuthorId: authorID, BeforeMs: beforeMS, Limit: limit, Own: viewerID != nobody && viewerID == authorID,
			})
			return err
		},
		func(ctx context.Context) (err error) {
			card, err = c.card(ctx, viewerID, authorID)
			return err
		},
	)
	if err != nil {
		return List[Video]{}, err
	}
	stats, err := c.stats(ctx, viewerID, list.GetVideos())
	if err != nil {
		return List[Video]{}, err
	}
	author := newUser(c.links, authorID, card).encode() // once for all videos
	works := List[Video]{Entries: make([]Video, len(list.GetVideos()))}
	for i, v := range list.GetVideos() {
		works.Entries[i] = newVideo(c.links, v, author, stats[v.GetId()])
	}
	if list.GetNextBeforeMs() > 0 {
		works.Next = strconv.FormatInt(list.GetNextBeforeMs(), 10)
	}
	return works, nil
}
