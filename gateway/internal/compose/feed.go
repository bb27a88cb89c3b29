package compose

import (
	"context"
	"sort"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

const (
	// pageSize is what the client expects at most in one batch.
	pageSize = 30

	// headSize is how many of the newest videos are asked for at a time: as many
	// as the hot document holds.
	headSize = 90
)

// Page is one batch of the feed. Pages are shared: treat them as read-only.
type Page struct {
	Videos []Video
	// Newest marks the page with the newest videos, whose pointer stays the same
	// as long as the page does, so that an encoding of it can be kept.
	Newest bool
	// Next is the publish time of the last video in Unix milliseconds, which the
	// client sends back to get the following batch. 0 when there is no video.
	Next int64
}

// head is the newest end of the feed and its first page, loaded together.
type head struct {
	videos []*videov1.Video // newest first
	first  *Page
}

// Feed is the batch of videos published before a moment (Unix milliseconds, 0
// for now). Where there is nothing older it starts again from the newest,
// because an empty batch stops the client's stream. It is empty only when there
// is no video at all.
func (c *Composer) Feed(ctx context.Context, beforeMS int64) (*Page, error) {
	head, err := c.head.get(ctx)
	if err != nil {
		return nil, err
	}
	if beforeMS == 0 {
		return head.first, nil
	}
	from := sort.Search(len(head.videos), func(i int) bool { return head.videos[i].GetPublishedAtMs() < beforeMS })
	if from == 0 {
		return head.first, nil
	}
	older := head.videos[from:]
	if len(older) >= pageSize {
		return c.page(ctx, older[:pageSize])
	}
	// A head shorter than a page is all there is; a longer one may go on.
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
	return c.page(ctx, older)
}

// loadHead reads the hot document, or asks its owner. The authors are not taken
// from the copies: those could be a second old already, and the page is kept
// for another.
func (c *Composer) loadHead(ctx context.Context) (*head, error) {
	videos, err := c.newest(ctx)
	if err != nil {
		return nil, err
	}
	first := videos[:min(pageSize, len(videos))]
	found, err := c.cards.load(ctx, authors(first))
	if err != nil {
		return nil, err
	}
	page := c.join(first, found)
	page.Newest = true
	return &head{videos: videos, first: page}, nil
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

func (c *Composer) page(ctx context.Context, videos []*videov1.Video) (*Page, error) {
	found, err := c.cards.get(ctx, authors(videos))
	if err != nil {
		return nil, err
	}
	return c.join(videos, found), nil
}

// join puts videos and authors together. Videos is never nil: the client
// crashes on a null list.
func (c *Composer) join(videos []*videov1.Video, found map[int64]card) *Page {
	page := &Page{Videos: make([]Video, 0, len(videos))}
	for _, v := range videos {
		author := c.user(v.GetAuthorId(), found[v.GetAuthorId()])
		page.Videos = append(page.Videos, c.video(v, author))
		page.Next = v.GetPublishedAtMs()
	}
	return page
}
