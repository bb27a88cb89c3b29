package relation

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Refusals.
var (
	ErrSelfFollow  = errs.New(errs.Invalid, "SELF_FOLLOW", "you cannot follow yourself")
	ErrUserUnknown = errs.New(errs.NotFound, "USER_UNKNOWN", "no such user")
	ErrIDInvalid   = errs.New(errs.Invalid, "ID_INVALID", "not a valid id")
	ErrTooMany     = errs.New(errs.Invalid, "TOO_MANY_IDS", "too many ids in one request")
	ErrCursor      = errs.New(errs.Invalid, "CURSOR_INVALID", "not a cursor of this list")
)

// Limits.
const (
	MaxPage = 1000 // users in one answer of a list
	MaxIDs  = 1000 // ids in one lookup
	MaxSet  = 5000 // users in a follow set; past that it says that it is capped
)

// Change is a follow that is to be there or not.
type Change struct {
	UserID    int64
	TargetID  int64
	Following bool
	At        time.Time
}

// Facts is what follows make of a user, as one viewer sees it.
type Facts struct {
	UserID    int64
	Follows   int64
	Followers int64
	Followed  bool // by the viewer
}

// Relation names one of the three lists of a user.
type Relation int

// The lists.
const (
	Follows   Relation = iota // whom the user follows
	Followers                 // who follows the user
	Friends                   // both
)

// Query asks for one page of a list, the most recent follow first.
type Query struct {
	UserID   int64
	ViewerID int64 // 0: nobody
	After    Place // where the page before ended; zero starts at the newest
	Limit    int   // 1 to MaxPage
}

// Place is a position in a list.
type Place struct {
	ChangedAtMS int64
	UserID      int64
}

// Entry is one user of a list and where in the list they stand.
type Entry struct {
	Facts
	Place Place
}

// Set is whom a user follows, ascending, at most MaxSet.
type Set struct {
	UserIDs []int64
	Capped  bool
}

// Store keeps follows and their counts.
type Store interface {
	// SetFollow brings about the wanted state. Only when that changes something
	// do the counts move and an event is written, all in one transaction.
	SetFollow(ctx context.Context, c Change) (changed bool, err error)
	// List answers one page.
	List(ctx context.Context, r Relation, q Query) ([]Entry, error)
	// Lookup finds the facts of distinct users, in any order; a user without
	// rows may be left out.
	Lookup(ctx context.Context, userIDs []int64, viewerID int64) ([]Facts, error)
	// FollowSet reads at most limit followed users, ascending.
	FollowSet(ctx context.Context, userID int64, limit int) ([]int64, error)
	// AreFriends tells whether both follow each other.
	AreFriends(ctx context.Context, a, b int64) (bool, error)
}

// Users asks the user service.
type Users interface {
	Exists(ctx context.Context, userID int64) (bool, error)
}

// Hot keeps the hot documents of follows.
type Hot interface {
	// Changed invalidates what a change between two users makes old.
	Changed(ctx context.Context, userID, targetID int64)
	// LoadSet answers a follow set from its document or else from rebuild.
	LoadSet(ctx context.Context, userID int64, rebuild func(context.Context) (Set, error)) (Set, error)
	// LoadCounts answers a user's counts from the document or else from rebuild.
	LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (Facts, error)) (Facts, error)
}

// Ports is all that the service needs; every field is required.
type Ports struct {
	Store Store
	Users Users
	Hot   Hot
	Clock func() time.Time
}

// Service knows the rules. It is safe for concurrent use.
type Service struct {
	Ports
}

// New makes the service.
func New(p Ports) *Service { return &Service{Ports: p} }
