package compose

import (
	"context"
	"sort"

	"golang.org/x/sync/errgroup"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
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
	// Next is when the last video entered the feed, in Unix milliseconds, which
	// the client sends back to get the following batch. 0 when there is no video.
	Next int64
}

// head is the newest end of the feed with its counts, and its first page, loaded
// together.
type head struct {
	videos []*videov1.Video // newest first
	facts  videoFacts       // of all of them
	first  *Page
}

// videoFacts is what likes and comments make of videos, by their ids.
type videoFacts map[int64]*interactionv1.VideoFacts

// Feed is the batch of videos shown before a moment (Unix milliseconds, 0
// for now). It goes by when they got ready, not by when they were uploaded, so
// that what gets ready late is not behind a reader who pages on. Where there is nothing older it starts again from the newest,
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
	from := sort.Search(len(head.videos), func(i int) bool { return head.videos[i].GetShownAtMs() < beforeMS })
	if from == 0 {
		return head.first, nil
	}
	older := head.videos[from:]
	if len(older) >= pageSize {
		return c.page(ctx, older[:pageSize], c.cards.get, head.facts)
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
	return c.page(ctx, older, c.cards.get, nil)
}

// loadHead reads the hot document, or asks its owner. The authors are not taken
// from the copies: those could be a second old already, and the page is kept
// for another.
func (c *Composer) loadHead(ctx context.Context) (*head, error) {
	videos, err := c.newest(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := c.facts(ctx, nobody, videos)
	if err != nil {
		return nil, err
	}
	page, err := c.page(ctx, videos[:min(pageSize, len(videos))], c.cards.load, facts)
	if err != nil {
		return nil, err
	}
	page.Newest = true
	return &head{videos: videos, facts: facts, first: page}, nil
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

// page puts videos, their counts and their authors together. cardsOf finds the
// authors; facts, if nil, are asked for. Videos is never nil: the client crashes
// on a null list.
func (c *Composer) page(ctx context.Context, videos []*videov1.Video, cardsOf func(context.Context, []int64) (map[int64]card, error), facts videoFacts) (*Page, error) {
	page := &Page{Videos: make([]Video, 0, len(videos))}
	if len(videos) == 0 {
		return page, nil
	}
	var found map[int64]card
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		found, err = cardsOf(ctx, authors(videos))
		return err
	})
	if facts == nil {
		both.Go(func() (err error) {
			facts, err = c.facts(ctx, nobody, videos)
			return err
		})
	}
	if err := both.Wait(); err != nil {
		return nil, err
	}
	for _, v := range videos {
		author := c.user(v.GetAuthorId(), found[v.GetAuthorId()])
		page.Videos = append(page.Videos, c.video(v, author, facts[v.GetId()]))
		page.Next = v.GetShownAtMs()
	}
	return page, nil
}

// facts asks what likes and comments make of videos, of which there are at most
// MaxPage, as a viewer sees it.
func (c *Composer) facts(ctx context.Context, viewerID int64, videos []*videov1.Video) (videoFacts, error) {
	facts := make(videoFacts, len(videos))
	if len(videos) == 0 {
		return facts, nil
	}
	ids := make([]int64, len(videos))
	for i, v := range videos {
		ids[i] = v.GetId()
	}
	answer, err := c.interactions.Lookup(ctx, &interactionv1.LookupRequest{VideoIds: ids, ViewerId: viewerID})
	for _, f := range answer.GetVideos() {
		facts[f.GetVideoId()] = f
	}
	return facts, err
}
