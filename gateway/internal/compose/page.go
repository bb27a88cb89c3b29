package compose

import (
	"context"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

const (
	// pageSize is the maximum that the client expects in one batch.
	pageSize = 30

	// headSize is the number of newest videos in the head, as many as the hot
	// document holds.
	headSize = 90
)

// Page is one batch of the feed. Pages are shared: treat them as read-only.
type Page struct {
	Videos []Video
	// Newest marks the page with the newest videos. Its pointer stays the same as
	// long as the page does, so that callers can cache its encoding.
	Newest bool
	// Next is the time at which the last video entered the feed, in Unix
	// milliseconds. The client sends it back to get the next batch. 0 without a
	// video.
	Next int64
}

// head is the newest end of the feed with its counts and its first page, all
// loaded together.
type head struct {
	videos []*videov1.Video // newest first
	stats  videoStats       // of all of them
	first  *Page
}

// videoStats are the counts of likes and comments by video id.
type videoStats map[int64]*interactionv1.VideoFacts

// pages loads pages of the feed, as nobody in particular sees them.
type pages struct {
	peers
	links Links
	cards *userCards
}

// loadHead reads the hot document, or calls its owner. It does not take the
// authors from the cache: they could be a second old already, and the page is
// cached for another second.
func (p *pages) loadHead(ctx context.Context) (*head, error) {
	videos, err := p.newest(ctx)
	if err != nil {
		return nil, err
	}
	stats, err := p.stats(ctx, nobody, videos)
	if err != nil {
		return nil, err
	}
	page, err := p.page(ctx, videos[:min(pageSize, len(videos))], p.cards.load, stats)
	if err != nil {
		return nil, err
	}
	page.Newest = true
	return &head{videos: videos, stats: stats, first: page}, nil
}

func (p *pages) newest(ctx context.Context) ([]*videov1.Video, error) {
	if doc, ok := hotstate.Read[*hotv1.FeedHead](p.hot.Snapshot(ctx, hotv1.FeedHeadKey), hotv1.FeedHeadKey); ok {
		return doc.GetVideos(), nil
	}
	answer, err := p.videos.Feed(ctx, &videov1.FeedRequest{Limit: headSize})
	if err != nil {
		return nil, err
	}
	return answer.GetVideos(), nil
}

// page joins videos, their counts and their authors. cardsOf finds the authors;
// nil stats are loaded. Videos is never nil: the client crashes on a null list.
func (p *pages) page(ctx context.Context, videos []*videov1.Video, cardsOf func(context.Context, []int64) (map[int64]User, error), stats videoStats) (*Page, error) {
	page := &Page{Videos: make([]Video, 0, len(videos))}
	if len(videos) == 0 {
		return page, nil
	}
	var found map[int64]User
	err := together(ctx,
		func(ctx context.Context) (err error) {
			found, err = cardsOf(ctx, authors(videos))
			return err
		},
		func(ctx context.Context) (err error) {
			if stats == nil {
				stats, err = p.stats(ctx, nobody, videos)
			}
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	for _, v := range videos {
		page.Videos = append(page.Videos, newVideo(p.links, v, found[v.GetAuthorId()], stats[v.GetId()]))
		page.Next = v.GetShownAtMs()
	}
	return page, nil
}

// cached returns users by id, at most a second old.
func (p *pages) cached(ctx context.Context, ids []int64) (map[int64]User, error) {
	found, err := p.cards.get(ctx, ids)
	if err != nil {
		return nil, err
	}
	users := make(map[int64]User, len(ids))
	for i, id := range ids {
		users[id] = found[i]
	}
	return users, nil
}

// stats loads the counts and the viewer's flags of at most MaxPage videos.
func (p peers) stats(ctx context.Context, viewerID int64, videos []*videov1.Video) (videoStats, error) {
	stats := make(videoStats, len(videos))
	if len(videos) == 0 {
		return stats, nil
	}
	ids := make([]int64, len(videos))
	for i, v := range videos {
		ids[i] = v.GetId()
	}
	answer, err := p.interactions.Lookup(ctx, &interactionv1.LookupRequest{VideoIds: ids, ViewerId: viewerID})
	for _, f := range answer.GetVideos() {
		stats[f.GetVideoId()] = f
	}
	return stats, err
}

// authors returns the authors of videos, without duplicates.
func authors(videos []*videov1.Video) []int64 {
	ids := make([]int64, 0, len(videos))
	seen := make(map[int64]bool, len(videos))
	for _, v := range videos {
		if id := v.GetAuthorId(); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}
