package interaction

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Refusals.
var (
	ErrVideoUnknown    = errs.New(errs.NotFound, "VIDEO_UNKNOWN", "no such video")
	ErrCommentInvalid  = errs.New(errs.Invalid, "COMMENT_INVALID", "a comment has 1 to 500 characters")
	ErrCommentUnknown  = errs.New(errs.NotFound, "COMMENT_UNKNOWN", "no such comment")
	ErrNotCommentOwner = errs.New(errs.Forbidden, "COMMENT_FOREIGN", "only the writer may delete a comment")
	ErrRequestID       = errs.New(errs.Invalid, "REQUEST_ID_INVALID", "a request id has at most 64 printable ASCII characters")
	ErrIDInvalid       = errs.New(errs.Invalid, "ID_INVALID", "not a valid id")
	ErrTooMany         = errs.New(errs.Invalid, "TOO_MANY_IDS", "too many ids in one request")
	ErrCursor          = errs.New(errs.Invalid, "CURSOR_INVALID", "not a cursor of this list")
)

// Limits.
const (
	MaxContent = 500  // characters of a comment
	MaxPage    = 1000 // entries in one answer of a list
	MaxIDs     = 1000 // ids of a kind in one lookup
	MaxSet     = 5000 // videos in a like set; past that it says that it is capped
)

// VideoStats is what likes and comments make of a video, as one viewer sees it.
type VideoStats struct {
	VideoID  int64
	Likes    int64
	Comments int64
	Liked    bool // by the viewer
}

// UserStats is what likes make of a user.
type UserStats struct {
	UserID   int64
	Given    int64 // videos that the user likes
	Received int64 // likes for the user's videos
}

// Likes keeps likes and their counts.
type Likes interface {
	// SetLike brings about the wanted state. Only when that changes something
	// do the counts move and an event is written, all in one transaction. A like
	// of a video that is gone (Purges) is refused with ErrVideoUnknown.
	SetLike(ctx context.Context, c LikeChange) (changed bool, err error)
	// ListLiked answers one page.
	ListLiked(ctx context.Context, q LikedQuery) ([]LikedEntry, error)
	// LikeSet reads at most limit liked videos, ascending.
	LikeSet(ctx context.Context, userID int64, limit int) ([]int64, error)
}

// Comments keeps comments and their counts.
type Comments interface {
	// AddComment writes a comment, its count and its event in one transaction.
	// When the writer used the request id before, it writes nothing and answers
	// the comment of that time. Else a video that is gone (Purges) is refused with
	// ErrVideoUnknown.
	AddComment(ctx context.Context, c Comment) (Comment, error)
	// Comment finds a comment, also a deleted one, or answers ErrCommentUnknown.
	Comment(ctx context.Context, id int64) (Comment, error)
	// DeleteComment removes a comment with its count; false if it was gone.
	DeleteComment(ctx context.Context, c Comment) (changed bool, err error)
	// ListComments answers one page, newest first.
	ListComments(ctx context.Context, videoID, beforeID int64, limit int) ([]Comment, error)
}

// Stats counts.
type Stats interface {
	// VideoStats and UserStats find facts of distinct ids, in any order; an id
	// without rows may be left out.
	VideoStats(ctx context.Context, videoIDs []int64, viewerID int64) ([]VideoStats, error)
	UserStats(ctx context.Context, userIDs []int64) ([]UserStats, error)
}

// Videos asks the video service.
type Videos interface {
	// Author tells whose video it is, or answers ErrVideoUnknown; that also where
	// the video is not ready.
	Author(ctx context.Context, videoID int64) (authorID int64, err error)
}

// Hot keeps the hot documents of likes.
type Hot interface {
	// LikesChanged invalidates what likes of some users for videos of one author,
	// or their ends, make old.
	LikesChanged(ctx context.Context, authorID int64, userIDs ...int64)
	// LoadSet answers a like set from its document or else from rebuild.
	LoadSet(ctx context.Context, userID int64, rebuild func(context.Context) (Set, error)) (Set, error)
	// LoadCounts answers a user's counts from the document or else from rebuild.
	LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (UserStats, error)) (UserStats, error)
}

// IDs makes comment ids: above 0, below 2^53, never twice, growing.
type IDs interface {
	Next() (int64, error)
}

// Ports is all that the service needs; every field is required.
type Ports struct {
	Likes    Likes
	Comments Comments
	Stats    Stats
	Videos   Videos
	Hot      Hot
	IDs      IDs
	Clock    func() time.Time
}

// Service knows the rules. It is safe for concurrent use.
type Service struct {
	Ports
}

// New makes the service.
func New(p Ports) *Service { return &Service{Ports: p} }
