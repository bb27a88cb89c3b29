package video

import (
	"context"
	"math"
	"slices"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	defaultFeed = 30    // page of the phone
	maxFeed     = 100   // videos per response
	maxWorks    = 1_000 // videos of one author per response
	maxIDs      = 1_000 // ids per request
)

// Latest is later than every publish time.
const Latest = math.MaxInt64

// WorkCount is how many ready videos an author has.
type WorkCount struct {
	UserID int64
	Works  int64
}

// Feed lists ready videos shown before a time in Unix milliseconds, newest first.
// beforeMs 0 begins with the newest, even if the clock of another machine put that
// one a little into the future. limit 0 means 30.
// Errors: ErrRequestInvalid.
func (s *Service) Feed(ctx context.Context, beforeMs int64, limit int) ([]Video, error) {
	const op = "video.Feed"
	if beforeMs < 0 || limit < 0 || limit > maxFeed {
		return nil, errs.Wrap(op, ErrRequestInvalid)
	}
	if beforeMs == 0 {
		beforeMs = Latest
	}
	if limit == 0 {
		limit = defaultFeed
	}
	videos, err := s.Videos.Newest(ctx, beforeMs, limit)
	return videos, errs.Wrap(op, err)
}

// ListByAuthor lists the videos of an author published before a time in Unix
// milliseconds, newest first. nextMs is beforeMs of the next page, or 0 at the end.
// With own the list has videos in every state, otherwise ready ones. beforeMs 0
// begins with the newest, limit 0 means 1,000. An unknown author has no videos.
// Errors: ErrRequestInvalid.
func (s *Service) ListByAuthor(ctx context.Context, authorID, beforeMs int64, limit int, own bool) (videos []Video, nextMs int64, err error) {
	const op = "video.ListByAuthor"
	if authorID <= 0 || beforeMs < 0 || limit < 0 || limit > maxWorks {
		return nil, 0, errs.Wrap(op, ErrRequestInvalid)
	}
	if beforeMs == 0 {
		beforeMs = Latest
	}
	if limit == 0 {
		limit = maxWorks
	}
	// One video more than requested shows whether there is another page.
	videos, err = s.Videos.ByAuthor(ctx, authorID, beforeMs, limit+1, own)
	if err != nil || len(videos) <= limit {
		return videos, 0, errs.Wrap(op, err)
	}
	return videos[:limit], videos[limit-1].PublishedAtMs, nil
}

// GetVideos returns many videos, in the order of the request, each once. Unknown ids
// are skipped.
// Errors: ErrRequestInvalid.
func (s *Service) GetVideos(ctx context.Context, ids []int64) ([]Video, error) {
	const op = "video.GetVideos"
	distinct, err := distinctIDs(ids)
	if err != nil || len(distinct) == 0 {
		return nil, errs.Wrap(op, err)
	}
	found, err := s.Videos.ByIDs(ctx, distinct)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	byID := make(map[int64]Video, len(found))
	for _, v := range found {
		byID[v.ID] = v
	}
	ordered := make([]Video, 0, len(found))
	for _, id := range distinct {
		if v, ok := byID[id]; ok {
			ordered = append(ordered, v)
		}
	}
	return ordered, nil
}

// FindMissing returns those of the ids that have no video, in the order of the
// request, each once: the video was deleted, or there never was one.
// Errors: ErrRequestInvalid.
func (s *Service) FindMissing(ctx context.Context, ids []int64) ([]int64, error) {
	const op = "video.FindMissing"
	distinct, err := distinctIDs(ids)
	if err != nil || len(distinct) == 0 {
		return nil, errs.Wrap(op, err)
	}
	existing, err := s.Videos.Existing(ctx, distinct)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	found := make(map[int64]bool, len(existing))
	for _, id := range existing {
		found[id] = true
	}
	return slices.DeleteFunc(distinct, func(id int64) bool { return found[id] }), nil
}

// CountWorks counts the ready videos of many authors, in the order of the request,
// each once. Unknown authors have zero.
// Errors: ErrRequestInvalid.
func (s *Service) CountWorks(ctx context.Context, userIDs []int64) ([]WorkCount, error) {
	const op = "video.CountWorks"
	distinct, err := distinctIDs(userIDs)
	if err != nil || len(distinct) == 0 {
		return nil, errs.Wrap(op, err)
	}
	works, err := s.Videos.Works(ctx, distinct)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	counts := make([]WorkCount, len(distinct))
	for i, id := range distinct {
		counts[i] = WorkCount{UserID: id, Works: works[id]}
	}
	return counts, nil
}

// distinctIDs removes repeated ids and refuses invalid ones.
func distinctIDs(ids []int64) ([]int64, error) {
	if len(ids) > maxIDs {
		return nil, ErrRequestInvalid
	}
	seen := make(map[int64]bool, len(ids))
	distinct := make([]int64, 0, len(ids))
	for _, id := range ids {
		if id <= 0 {
			return nil, ErrRequestInvalid
		}
		if !seen[id] {
			seen[id] = true
			distinct = append(distinct, id)
		}
	}
	return distinct, nil
}
