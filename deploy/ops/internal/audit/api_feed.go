package audit

import (
	"context"
	"fmt"
	"net/url"
)

// maxPage is how many videos a batch of the feed may have.
const maxPage = 30

// published is a ready video, with its place in the feed.
type published struct{ id, at int64 }

const readyVideos = `SELECT id, shown_at_ms FROM videos WHERE state = ? AND shown_at_ms IS NOT NULL ORDER BY shown_at_ms DESC`

func (a *auditor) readyVideos(ctx context.Context) ([]published, error) {
	return collect(ctx, a.databases[video].db, readyVideos,
		func(p *published) []any { return []any{&p.id, &p.at} }, readyState)
}

// feed pages through the whole feed, as a phone does, until it begins anew.
// What was ready before has to be in it, what is in it has to be ready
// afterwards; so videos that get ready meanwhile do not matter.
func (a *auditor) feed(ctx context.Context) (sample, error) {
	before, err := a.readyVideos(ctx)
	if err != nil {
		return sample{}, fmt.Errorf("feed: %w", err)
	}
	pages, failure := a.walk(ctx, len(before))
	if failure != "" {
		return failed(failure), ctx.Err()
	}
	after, err := a.readyVideos(ctx)
	if err != nil {
		return sample{}, fmt.Errorf("feed: %w", err)
	}
	times := make(map[int64]int64, len(after))
	for _, video := range after {
		times[video.id] = video.at
	}
	seen, different := inOrder(pages, times)
	if !different.same {
		return different, nil
	}
	for _, video := range before {
		if !seen[video.id] {
			return sample{expected: fmt.Sprintf("video %d, shown at %d", video.id, video.at), found: "a feed without it"}, nil
		}
	}
	return sample{same: true}, nil
}

// walk reads the pages until the feed begins anew: then the bound for the next
// page is not below the one that was asked with.
func (a *auditor) walk(ctx context.Context, videos int) (pages []Answer, failure string) {
	// One video on each page, as many again in the meantime, and the last page.
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

// inOrder holds the pages against the order of what is ready.
func inOrder(pages []Answer, times map[int64]int64) (seen map[int64]bool, different sample) {
	seen = map[int64]bool{}
	var last published
	for _, page := range pages {
		for _, shown := range page.Videos {
			at, ready := times[shown.ID]
			switch {
			case !ready:
				return seen, sample{expected: "ready videos only", found: fmt.Sprintf("video %d", shown.ID)}
			case seen[shown.ID]:
				return seen, sample{expected: fmt.Sprintf("video %d once", shown.ID), found: "a second time"}
			case last.id != 0 && at >= last.at:
				return seen, sample{
					expected: fmt.Sprintf("newest first, as video %d before video %d", shown.ID, last.id),
					found:    "the other way round",
				}
			}
			seen[shown.ID] = true
			last = published{shown.ID, at}
		}
		if len(page.Videos) > 0 && page.Next != last.at {
			return seen, sample{
				expected: fmt.Sprintf("next_time %d after video %d", last.at, last.id),
				found:    number(page.Next),
			}
		}
	}
	return seen, sample{same: true}
}
