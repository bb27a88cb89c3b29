package relation

import (
	"context"
	"time"

	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// The errors of the service. Their reasons are part of the contract.
var (
	ErrSelfFollow  = errs.New(errs.Invalid, relationv1.ReasonSelfFollow, "you cannot follow yourself")
	ErrUserUnknown = errs.New(errs.NotFound, relationv1.ReasonUserUnknown, "no such user")
	ErrIDInvalid   = errs.New(errs.Invalid, relationv1.ReasonIDInvalid, "not a valid id")
	ErrTooMany     = errs.New(errs.Invalid, relationv1.ReasonTooManyIDs, "too many ids in one request")
	ErrCursor      = errs.New(errs.Invalid, relationv1.ReasonCursorInvalid, "not a cursor of this list")
)

// Limits.
const (
	MaxPage = 1000 // users in one answer of a list
	MaxIDs  = 1000 // ids in one lookup
	MaxSet  = 5000 // users in a follow set; a larger one is capped
)

// Change is the new state of a follow.
type Change struct {
	UserID    int64
	TargetID  int64
	Following bool
	At        time.Time
	// TraceParent is the trace of the request, which its event carries.
	TraceParent string
}

// Stats holds the counts of a user, and whether a viewer follows them.
type Stats struct {
	UserID    int64
	Follows   int64
	Followers int64
	Followed  bool // by the viewer
	// ListedSinceMS is the time of the follow that puts the user into a list, in
	// Unix milliseconds; 0 outside lists.
	ListedSinceMS int64
}

// Relation selects one of the three lists of a user.
type Relation int

// The lists.
const (
	Follows   Relation = iota // users that the user follows
	Followers                 // users who follow the user
	Friends                   // users who follow and are followed
)

// Query selects a page of a list, the most recent follow first.
type Query struct {
	UserID   int64
	ViewerID int64  // 0: no viewer
	After    Cursor // end of the previous page; zero starts at the newest
	Limit    int    // 1 to MaxPage
	// WithoutCounts leaves out the counts of the users and the viewer's flags.
	WithoutCounts bool
}

// Cursor is a position in a list.
type Cursor struct {
	ChangedAtMS int64
	UserID      int64
}

// Entry is one user of a list with their position.
type Entry struct {
	Stats
	Cursor Cursor
}

// Set holds the users that a user follows, at most MaxSet, in ascending order.
type Set struct {
	UserIDs []int64
	Capped  bool // the user follows more than MaxSet users
}

// Store reads follows and their counts.
type Store interface {
	// List reads one page.
	List(ctx context.Context, r Relation, q Query) ([]Entry, error)
	// Lookup reads the stats of distinct users, in any order. Users without rows
	// may be left out.
	Lookup(ctx context.Context, userIDs []int64, viewerID int64) ([]Stats, error)
	// FollowSet reads at most limit followed users, ascending.
	FollowSet(ctx context.Context, userID int64, limit int) ([]int64, error)
	// AreFriends reports whether two users follow each other.
	AreFriends(ctx context.Context, a, b int64) (bool, error)
}

// Users calls the user service.
type Users interface {
	Exists(ctx context.Context, userID int64) (bool, error)
}

// ChangedFollow names a follow after a change of it.
type ChangedFollow struct {
	UserID   int64 // follows
	TargetID int64 // is followed
	Version  int64 // of the event of the change; 0: unknown, or nothing changed
}

// Hot stores the hot documents of follows.
type Hot interface {
	// FollowsChanged invalidates the documents of both users of each follow.
	FollowsChanged(ctx context.Context, follows ...ChangedFollow)
	// LoadSet returns the follow set from its document or, without one, stores
	// and returns the result of rebuild.
	LoadSet(ctx context.Context, userID int64, rebuild func(context.Context) (Set, error)) (Set, error)
	// LoadCounts does the same for the counts of a user.
	LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (Stats, error)) (Stats, error)
}

// Ports are the dependencies of the service. Every field is required.
type Ports struct {
	Writer Writer
	Store  Store
	Users  Users
	Hot    Hot
	Clock  func() time.Time
	// TraceParent returns the trace of a request, for its event.
	TraceParent func(ctx context.Context) string
}

// Service implements the rules. It is safe for concurrent use.
type Service struct {
	Ports
}

// New returns a service.
func New(p Ports) *Service { return &Service{Ports: p} }
