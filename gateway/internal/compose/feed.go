package compose

import (
	"context"
	"slices"
	"sort"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

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
		return c.pages.page(ctx, older[:pageSize], c.pages.cached, head.stats)
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
	return c.pages.page(ctx, older, c.pages.cached, nil)
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
