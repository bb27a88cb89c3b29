package audit

import (
	"context"
	"fmt"
	"net/url"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/confirm"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
)

// maxPage is the largest number of videos on one page of the feed.
const maxPage = 30

// published is a ready video with its time in the feed, in Unix ms.
type published struct{ id, at int64 }

const readyVideos = `SELECT id, shown_at_ms FROM videos WHERE state = ? AND shown_at_ms IS NOT NULL ORDER BY shown_at_ms DESC`

func (a *auditor) readyVideos(ctx context.Context) ([]published, error) {
	return servicedb.Collect(ctx, a.databases[video], readyVideos,
		func(p *published) []any { return []any{&p.id, &p.at} }, readyState)
}

// feed pages through the whole feed, as a phone does, until it starts over. Videos
// that were ready before must be in it, and videos in it must be ready
// afterwards; videos that become ready in between may be in it or not.
func (a *auditor) feed(ctx context.Context) (confirm.Sample, error) {
	before, err := a.readyVideos(ctx)
	if err != nil {
		return confirm.Sample{}, fmt.Errorf("feed: %w", err)
	}
	pages, failure := a.walk(ctx, len(before))
	if failure != "" {
		return failed(failure), ctx.Err()
	}
	after, err := a.readyVideos(ctx)
	if err != nil {
		return confirm.Sample{}, fmt.Errorf("feed: %w", err)
	}
	times := make(map[int64]int64, len(after))
	for _, video := range after {
		times[video.id] = video.at
	}
	seen, different := inOrder(pages, times)
	if !different.Same {
		return different, nil
	}
	for _, video := range before {
		if !seen[video.id] {
			return confirm.Sample{Expected: fmt.Sprintf("video %d, shown at %d", video.id, video.at), Found: "a feed without it"}, nil
		}
	}
	return confirm.Sample{Same: true}, nil
}

// walk reads the pages until the feed starts over: then the bound of the next
// page is not below the bound of the request.
func (a *auditor) walk(ctx context.Context, videos int) (pages []Answer, failure string) {
	// One video per page, as many new ones meanwhile, and the last page.
	limit := 2*videos + maxPage
	var bound int64
	for range limit {
		query := url.Values{}
		if bound > 0 {
			query.Set("latest_time", number(bound))
		}
		page, failure := a.ask(ctx, "/douyin/feed/", query)
		if failure != "" {
			return nil, failure
		}
		if len(page.Videos) > maxPage {
			return nil, fmt.Sprintf("%d videos on one page", len(page.Videos))
		}
		if bound > 0 && page.Next >= bound {
			return pages, ""
		}
		pages = append(pages, page)
		if len(page.Videos) == 0 {
			return pages, ""
		}
		bound = page.Next
	}
	return nil, fmt.Sprintf("no end after %d pages of %d videos", limit, videos)
}

// inOrder compares the pages with the order of the ready videos.
func inOrder(pages []Answer, times map[int64]int64) (seen map[int64]bool, different confirm.Sample) {
	seen = map[int64]bool{}
	var last published
	for _, page := range pages {
		for _, shown := range page.Videos {
			at, ready := times[shown.ID]
			switch {
			case !ready:
				return seen, confirm.Sample{Expected: "ready videos only", Found: fmt.Sprintf("video %d", shown.ID)}
			case seen[shown.ID]:
				return seen, confirm.Sample{Expected: fmt.Sprintf("video %d once", shown.ID), Found: "a second time"}
			case last.id != 0 && at >= last.at:
				return seen, confirm.Sample{
					Expected: fmt.Sprintf("newest first, as video %d before video %d", shown.ID, last.id),
					Found:    "the other way round",
				}
			}
			seen[shown.ID] = true
			last = published{shown.ID, at}
		}
		if len(page.Videos) > 0 && page.Next != last.at {
			return seen, confirm.Sample{
				Expected: fmt.Sprintf("next_time %d after video %d", last.at, last.id),
				Found:    number(page.Next),
			}
		}
	}
	return seen, confirm.Sample{Same: true}
}
