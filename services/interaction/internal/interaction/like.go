package interaction

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// LikeChange is a like that is to be there or not.
type LikeChange struct {
	UserID   int64
	VideoID  int64
	AuthorID int64 // whose video
	Liked    bool
	At       time.Time
}

// Set is what a user likes, ascending, at most MaxSet.
type Set struct {
	VideoIDs []int64
	Capped   bool
}

// LikedQuery asks for one page of what a user likes, the most recent first.
type LikedQuery struct {
	UserID   int64
	ViewerID int64  // 0: nobody
	After    Cursor // where the page before ended; zero starts at the newest
	Limit    int
}

// Place is a position in the list of what a user likes.
type Cursor struct {
	ChangedAtMS int64
	VideoID     int64
}

// LikedEntry is one video of that list.
type LikedEntry struct {
	VideoStats
	AuthorID int64
	Cursor   Cursor
}

// SetLike makes a like be there or not. It refuses with ErrVideoUnknown, and
// may be repeated at will.
func (s *Service) SetLike(ctx context.Context, userID, videoID int64, liked bool) (changed bool, err error) {
	const op = "interaction.SetLike"
	if userID <= 0 || videoID <= 0 {
		return false, errs.Wrap(op, ErrIDInvalid)
	}
	author, err := s.Videos.Author(ctx, videoID)
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	changed, err = s.Likes.SetLike(ctx, LikeChange{
		UserID: userID, VideoID: videoID, AuthorID: author, Liked: liked, At: s.Clock().UTC(),
	})
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	// Also when nothing changed: the answer to the first try may have been lost
	// together with its invalidation.
	s.Hot.LikesChanged(ctx, author, userID)
	return changed, nil
}

// LikeSet answers what a user likes, through the hot document.
func (s *Service) LikeSet(ctx context.Context, userID int64) (Set, error) {
	const op = "interaction.LikeSet"
	if userID <= 0 {
		return Set{}, errs.Wrap(op, ErrIDInvalid)
	}
	set, err := s.Hot.LoadSet(ctx, userID, func(ctx context.Context) (Set, error) {
		ids, err := s.Likes.LikeSet(ctx, userID, MaxSet+1)
		if err != nil {
			return Set{}, err
		}
		if len(ids) > MaxSet {
			return Set{VideoIDs: ids[:MaxSet], Capped: true}, nil
		}
		return Set{VideoIDs: ids}, nil
	})
	return set, errs.Wrap(op, err)
}

// LikedPage is one page of what a user likes.
type LikedPage struct {
	Videos     []LikedEntry
	Authors    []UserStats // each once
	NextCursor string      // "" at the end
}

// ListLiked answers a page of what a user likes, the most recent like first,
// with the facts of those videos and of their authors.
func (s *Service) ListLiked(ctx context.Context, userID, viewerID int64, cursor string, limit int) (LikedPage, error) {
	const op = "interaction.ListLiked"
	if userID <= 0 || viewerID < 0 {
		return LikedPage{}, errs.Wrap(op, ErrIDInvalid)
	}
	after, err := parseCursor(cursor)
	if err != nil {
		return LikedPage{}, errs.Wrap(op, err)
	}
	limit = pageLimit(limit)
	// One more than asked tells whether there is a page after this one.
	entries, err := s.Likes.ListLiked(ctx, LikedQuery{UserID: userID, ViewerID: viewerID, After: after, Limit: limit + 1})
	if err != nil {
		return LikedPage{}, errs.Wrap(op, err)
	}
	page := LikedPage{Videos: entries}
	if len(entries) > limit {
		page.Videos = entries[:limit]
		page.NextCursor = entries[limit-1].Cursor.encode()
	}
	authors := make([]int64, len(page.Videos))
	for i, entry := range page.Videos {
		authors[i] = entry.AuthorID
	}
	page.Authors, err = s.userStats(ctx, authors)
	return page, errs.Wrap(op, err)
}

func pageLimit(limit int) int {
	if limit <= 0 || limit > MaxPage {
		return MaxPage
	}
	return limit
}

// cursor writes a place for the caller to bring back.
func (c Cursor) encode() string {
	return strconv.FormatInt(c.ChangedAtMS, 10) + "-" + strconv.FormatInt(c.VideoID, 10)
}

func parseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	ms, id, _ := strings.Cut(text, "-")
	changed, msErr := strconv.ParseInt(ms, 10, 64)
	video, idErr := strconv.ParseInt(id, 10, 64)
	if msErr != nil || idErr != nil || changed <= 0 || video <= 0 {
		return Cursor{}, ErrCursor
	}
	return Cursor{ChangedAtMS: changed, VideoID: video}, nil
}
