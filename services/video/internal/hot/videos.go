// Package hot serves and invalidates the hot documents of the video service: the
// head of the feed and the works of an author.
package hot

import (
	"context"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
	"github.com/douyin-on-dapr/douyin/services/video/internal/wire"
)

// headLength is the number of videos in the head of the feed: three pages of the
// phone.
const headLength = 90

// Videos reads hot documents if there is one for the request, and rows otherwise.
type Videos struct {
	rows  video.Videos
	store *hotstate.Store
	head  hotstate.Document[*hotv1.FeedHead]
	works hotstate.Document[*hotv1.AuthorWorks]
}

var (
	_ video.Videos = (*Videos)(nil)
	_ video.Hot    = (*Videos)(nil)
)

// NewVideos returns Videos with hot documents in front of rows.
func NewVideos(rows video.Videos, store *hotstate.Store) *Videos {
	return &Videos{
		rows:  rows,
		store: store,
		head:  hotstate.For[*hotv1.FeedHead](store, hotv1.FeedHeadTTL),
		works: hotstate.For[*hotv1.AuthorWorks](store, hotv1.AuthorWorksTTL),
	}
}

// Change implements video.Hot.
func (v *Videos) Change(ctx context.Context, authorID int64, commit func(context.Context) error) error {
	return v.store.Change(ctx, keys(authorID), commit)
}

// keys names the documents that a change of an author's ready videos affects.
func keys(authorID int64) []string {
	return []string{hotv1.FeedHeadKey, hotv1.AuthorWorksKey(authorID)}
}

// Newest implements video.Videos. The newest videos come from the hot document.
// Older pages are requested too rarely to store.
func (v *Videos) Newest(ctx context.Context, beforeMs int64, limit int) ([]video.Video, error) {
	if beforeMs != video.Latest || limit > headLength {
		return v.rows.Newest(ctx, beforeMs, limit)
	}
	head, err := v.head.Load(ctx, hotv1.FeedHeadKey, v.rebuildHead)
	if err != nil {
		return nil, err
	}
	messages := head.GetVideos()
	videos := make([]video.Video, 0, min(limit, len(messages)))
	for _, message := range messages[:cap(videos)] {
		one, err := wire.ToVideo(message)
		if err != nil { // the document is invalid
			return v.rows.Newest(ctx, beforeMs, limit)
		}
		videos = append(videos, one)
	}
	return videos, nil
}

func (v *Videos) rebuildHead(ctx context.Context) (*hotv1.FeedHead, error) {
	newest, err := v.rows.Newest(ctx, video.Latest, headLength)
	if err != nil {
		return nil, err
	}
	return &hotv1.FeedHead{Videos: wire.FromVideos(newest)}, nil
}

// Works implements video.Videos. A request for one author comes from a profile page
// and has a hot document. For many authors one statement costs less than many
// documents.
func (v *Videos) Works(ctx context.Context, authorIDs []int64) (map[int64]int64, error) {
	if len(authorIDs) != 1 {
		return v.rows.Works(ctx, authorIDs)
	}
	author := authorIDs[0]
	works, err := v.works.Load(ctx, hotv1.AuthorWorksKey(author), func(ctx context.Context) (*hotv1.AuthorWorks, error) {
		counted, err := v.rows.Works(ctx, authorIDs)
		if err != nil {
			return nil, err
		}
		return &hotv1.AuthorWorks{Works: counted[author]}, nil
	})
	if err != nil {
		return nil, err
	}
	return map[int64]int64{author: works.GetWorks()}, nil
}

// ByAuthor implements video.Videos from the rows, so that a list is always current.
func (v *Videos) ByAuthor(ctx context.Context, authorID, beforeMs int64, limit int, own bool) ([]video.Video, error) {
	return v.rows.ByAuthor(ctx, authorID, beforeMs, limit, own)
}

// ByIDs implements video.Videos from the rows.
func (v *Videos) ByIDs(ctx context.Context, ids []int64) ([]video.Video, error) {
	return v.rows.ByIDs(ctx, ids)
}

// Existing implements video.Videos from the rows.
func (v *Videos) Existing(ctx context.Context, ids []int64) ([]int64, error) {
	return v.rows.Existing(ctx, ids)
}
