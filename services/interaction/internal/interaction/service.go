package interaction

import (
	"context"
	"time"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// The errors of the service. Their reasons are part of the contract.
var (
	ErrVideoUnknown    = errs.New(errs.NotFound, interactionv1.ReasonVideoUnknown, "no such video")
	ErrCommentInvalid  = errs.New(errs.Invalid, interactionv1.ReasonCommentInvalid, "a comment has 1 to 500 characters")
	ErrCommentUnknown  = errs.New(errs.NotFound, interactionv1.ReasonCommentUnknown, "no such comment")
	ErrNotCommentOwner = errs.New(errs.Forbidden, interactionv1.ReasonNotCommentOwner, "only the writer may delete a comment")
	ErrRequestID       = errs.New(errs.Invalid, interactionv1.ReasonRequestIDInvalid, "a request id has at most 64 printable ASCII characters")
	ErrRequestUsed     = errs.New(errs.Conflict, interactionv1.ReasonRequestIDInvalid, "the request id was used for another comment")
	ErrIDInvalid       = errs.New(errs.Invalid, interactionv1.ReasonIDInvalid, "not a valid id")
	ErrTooMany         = errs.New(errs.Invalid, interactionv1.ReasonTooManyIDs, "too many ids in one request")
	ErrCursor          = errs.New(errs.Invalid, interactionv1.ReasonCursorInvalid, "not a cursor of this list")
)

// Limits.
const (
	MaxContent = 500  // characters of a comment
	MaxPage    = 1000 // entries in one answer of a list
	MaxIDs     = 1000 // ids of videos, and of users, in one lookup
	MaxSet     = 5000 // videos in a like set; a larger one is capped
)

// VideoStats holds the counts of a video, and whether a viewer likes it.
type VideoStats struct {
	VideoID  int64
	Likes    int64
	Comments int64
	Liked    bool // by the viewer
}

// UserStats holds the like counts of a user.
type UserStats struct {
	UserID   int64
	Given    int64 // videos that the user likes
	Received int64 // likes of the user's videos
}

// Likes reads likes.
type Likes interface {
	// ListLiked reads one page.
	ListLiked(ctx context.Context, q LikedQuery) ([]LikedEntry, error)
	// LikeSet reads at most limit liked videos, ascending.
	LikeSet(ctx context.Context, userID int64, limit int) ([]int64, error)
}

// Comments reads comments.
type Comments interface {
	// Comment reads a comment, also a deleted one. It returns ErrCommentUnknown.
	Comment(ctx context.Context, id int64) (Comment, error)
	// ListComments reads one page, newest first.
	ListComments(ctx context.Context, videoID, beforeID int64, limit int) ([]Comment, error)
}

// Stats reads like and comment counts in batches.
type Stats interface {
	// VideoStats and UserStats read the stats of distinct ids, in any order. Ids
	// without rows may be left out.
	VideoStats(ctx context.Context, videoIDs []int64, viewerID int64) ([]VideoStats, error)
	UserStats(ctx context.Context, userIDs []int64) ([]UserStats, error)
}

// Videos calls the video service.
type Videos interface {
	// Author returns the author of a video. It returns ErrVideoUnknown for a
	// video that does not exist or is not ready.
	Author(ctx context.Context, videoID int64) (authorID int64, err error)
}

// ChangedLike names a like after a change of it.
type ChangedLike struct {
	UserID   int64 // gave it
	VideoID  int64
	AuthorID int64 // received it
	Version  int64 // of the event of the change; 0: unknown, or nothing changed
}

// Hot stores the hot documents of likes.
type Hot interface {
	// LikesChanged invalidates the documents of users whose likes changed, and
	// those of the authors.
	LikesChanged(ctx context.Context, likes ...ChangedLike)
	// LoadSet returns the like set from its document or, without one, stores and
	// returns the result of rebuild.
	LoadSet(ctx context.Context, userID int64, rebuild func(context.Context) (Set, error)) (Set, error)
	// LoadCounts does the same for the counts of a user.
	LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (UserStats, error)) (UserStats, error)
}

// IDs generates unique, growing comment ids between 0 and 2^53, exclusive.
type IDs interface {
	Next() (int64, error)
}

// Ports are the dependencies of the service. Every field is required.
type Ports struct {
	Writer   Writer
	Likes    Likes
	Comments Comments
	Stats    Stats
	Videos   Videos
	Hot      Hot
	IDs      IDs
	Clock    func() time.Time
	// TraceParent returns the trace of a request, for its event.
	TraceParent func(ctx context.Context) string
}

// Service implements the rules. It is safe for concurrent use.
type Service struct {
	Ports
}

// New returns a service.
func New(p Ports) *Service { return &Service{Ports: p} }
