package interaction

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// LikeChange is the new state of a like.
type LikeChange struct {
	UserID   int64
	VideoID  int64
	AuthorID int64 // author of the video
	Liked    bool
	At       time.Time
}

// Set holds the videos that a user likes, at most MaxSet, in ascending order.
type Set struct {
	VideoIDs []int64
	Capped   bool // the user likes more than MaxSet videos
}

// LikedQuery selects a page of the videos that a user likes, the most recent like
// first.
type LikedQuery struct {
	UserID   int64
	ViewerID int64  // 0: no viewer
	After    Cursor // end of the previous page; zero starts at the newest
	Limit    int
}

// Cursor is a position in the list of videos that a user likes.
type Cursor struct {
	ChangedAtMS int64
	VideoID     int64
}

// LikedEntry is one video of that list with its position.
type LikedEntry struct {
	VideoStats
	AuthorID int64
	Cursor   Cursor
}

// SetLike creates or removes a like. It is idempotent. It returns
// ErrVideoUnknown.
func (s *Service) SetLike(ctx context.Context, userID, videoID int64, liked bool) (changed bool, err error) {
	const op = "interaction.SetLike"
	if userID <= 0 || videoID <= 0 {
		return false, errs.Wrap(op, ErrIDInvalid)
	}
	author, err := s.Videos.Author(ctx, videoID)
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	outcome, err := s.Writer.Do(ctx, Write{
		Like:        &LikeChange{UserID: userID, VideoID: videoID, AuthorID: author, Liked: liked, At: s.Clock().UTC()},
		TraceParent: s.TraceParent(ctx),
	})
	if err = cmp.Or(err, outcome.Err); err != nil {
		return false, errs.Wrap(op, err)
	}
	return outcome.Changed, nil
}

// LikeSet returns the videos that a user likes, through the hot document.
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

// LikedPage is one page of the videos that a user likes.
type LikedPage struct {
	Videos     []LikedEntry
	Authors    []UserStats // of the videos, each once
	NextCursor string      // "" at the end
}

// ListLiked returns a page of the videos that a user likes, the most recent like
// first, with the stats of the videos and, if wanted, of their authors. The query's
// After is replaced by the cursor; its Limit may be 0 for MaxPage.
func (s *Service) ListLiked(ctx context.Context, q LikedQuery, cursor string, withAuthors bool) (LikedPage, error) {
	const op = "interaction.ListLiked"
	if q.UserID <= 0 || q.ViewerID < 0 {
		return LikedPage{}, errs.Wrap(op, ErrIDInvalid)
	}
	var err error
	if q.After, err = parseCursor(cursor); err != nil {
		return LikedPage{}, errs.Wrap(op, err)
	}
	limit := pageLimit(q.Limit)
	q.Limit = limit + 1 // one more entry than requested shows whether another page follows
	entries, err := s.Likes.ListLiked(ctx, q)
	if err != nil {
		return LikedPage{}, errs.Wrap(op, err)
	}
	page := LikedPage{Videos: entries}
	if len(entries) > limit {
		page.Videos = entries[:limit]
		page.NextCursor = entries[limit-1].Cursor.encode()
	}
	if !withAuthors {
		return page, nil
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

// encode returns the text form of a cursor, which parseCursor reads.
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
