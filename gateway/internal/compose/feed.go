package compose

import (
	"context"
	"slices"
	"sort"

	"golang.org/x/sync/errgroup"

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

// Feed returns the batch of videos shown before a moment (Unix milliseconds, 0 for
// now). The order is that in which they became ready, not in which they were
// uploaded, so that a reader who pages on does not miss a video that became ready
// late. After the oldest video it starts again with the newest, because an empty
// batch stops the client's stream. It is empty only if there is no video at all.
func (c *Composer) Feed(ctx context.Context, beforeMS int64) (*Page, error) {
	head, err := c.head.get(ctx)
	if err != nil {
		return nil, err
	}
	if beforeMS == 0 {
		return head.first, nil
	}
	from := sort.Search(len(head.videos), func(i int) bool { return head.videos[i].GetShownAtMs() < beforeMS })
	if from == 0 {
		return head.first, nil
	}
	older := head.videos[from:]
	if len(older) >= pageSize {
		return c.page(ctx, older[:pageSize], c.cards.get, head.stats)
	}
	// A head shorter than a page is the whole feed; a longer one may continue.
	if len(head.videos) >= pageSize {
		answer, err := c.videos.Feed(ctx, &videov1.FeedRequest{BeforeMs: beforeMS, Limit: pageSize})
		if err != nil {
			return nil, err
		}
		older = answer.GetVideos()
	}
	if len(older) == 0 {
		return head.first, nil
	}
	return c.page(ctx, older, c.cards.get, nil)
}

// FeedFor returns Feed with the exact flags of the viewer (0: nobody). The cached
// page is public and shared, so it gets a copy.
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

// loadHead reads the hot document, or calls its owner. It does not take the
// authors from the cache: they could be a second old already, and the page is
// cached for another second.
func (c *Composer) loadHead(ctx context.Context) (*head, error) {
	videos, err := c.newest(ctx)
	if err != nil {
		return nil, err
	}
	stats, err := c.stats(ctx, nobody, videos)
	if err != nil {
		return nil, err
	}
	page, err := c.page(ctx, videos[:min(pageSize, len(videos))], c.cards.load, stats)
	if err != nil {
		return nil, err
	}
	page.Newest = true
	return &head{videos: videos, stats: stats, first: page}, nil
}

func (c *Composer) newest(ctx context.Context) ([]*videov1.Video, error) {
	if doc, ok := hotstate.Read[*hotv1.FeedHead](c.hot.Snapshot(ctx, hotv1.FeedHeadKey), hotv1.FeedHeadKey); ok {
		return doc.GetVideos(), nil
	}
	answer, err := c.videos.Feed(ctx, &videov1.FeedRequest{Limit: headSize})
	if err != nil {
		return nil, err
	}
	return answer.GetVideos(), nil
}

// page joins videos, their counts and their authors. cardsOf finds the authors;
// nil stats are loaded. Videos is never nil: the client crashes on a null list.
func (c *Composer) page(ctx context.Context, videos []*videov1.Video, cardsOf func(context.Context, []int64) (map[int64]userCard, error), stats videoStats) (*Page, error) {
	page := &Page{Videos: make([]Video, 0, len(videos))}
	if len(videos) == 0 {
		return page, nil
	}
	var found map[int64]userCard
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		found, err = cardsOf(ctx, authors(videos))
		return err
	})
	if stats == nil {
		both.Go(func() (err error) {
			stats, err = c.stats(ctx, nobody, videos)
			return err
		})
	}
	if err := both.Wait(); err != nil {
		return nil, err
	}
	for _, v := range videos {
		author := c.user(v.GetAuthorId(), found[v.GetAuthorId()])
		page.Videos = append(page.Videos, c.video(v, author, stats[v.GetId()]))
		page.Next = v.GetShownAtMs()
	}
	return page, nil
}

// stats loads the counts and the viewer's flags of at most MaxPage videos.
func (c *Composer) stats(ctx context.Context, viewerID int64, videos []*videov1.Video) (videoStats, error) {
	stats := make(videoStats, len(videos))
	if len(videos) == 0 {
		return stats, nil
	}
	ids := make([]int64, len(videos))
	for i, v := range videos {
		ids[i] = v.GetId()
	}
	answer, err := c.interactions.Lookup(ctx, &interactionv1.LookupRequest{VideoIds: ids, ViewerId: viewerID})
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
