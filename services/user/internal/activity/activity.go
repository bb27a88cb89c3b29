// Package activity knows the list of what others did that concerns a user:
// liked or commented on a video of theirs, followed them.
//
//   - What a user does to themselves is not told.
//   - Each like, comment and follow has at most one entry. Its last state wins,
//     in whatever order the events arrive: an entry that was taken back is gone,
//     and does not come back with an event that is older.
//   - Entries are numbered in the order in which they became visible, so that a
//     read position never covers an entry that nobody could have seen.
//
// It imports the standard library and platform/errs only.
package activity

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// ErrIDsInvalid refuses a request; its reason is part of the contract.
var ErrIDsInvalid = errs.New(errs.Invalid, "IDS_INVALID", "ids are greater than 0, a cursor not less")

// Limits of a page.
const (
	DefaultPage = 30
	MaxPage     = 100
)

// Kind says what somebody did.
type Kind int

// The kinds; they are stored.
const (
	Liked     Kind = 1
	Commented Kind = 2
	Followed  Kind = 3
)

// Entry is one entry of a user's list.
type Entry struct {
	ID         int64 // place in the user's list: 1 and up
	UserID     int64 // whose list
	Kind       Kind
	ActorID    int64 // who did it
	VideoID    int64 // 0 for a follow
	CommentID  int64 // 0 but for a comment
	Excerpt    string
	OccurredAt time.Time // to the millisecond, UTC
}

// Change is what an event says of one like, comment or follow.
type Change struct {
	EventID string
	Subject string // the like, comment or follow
	Version int64  // of the subject, growing with each change of it
	Present bool   // false: it was taken back
	Entry   Entry  // without an id
}

// Store keeps the lists.
type Store interface {
	// Apply takes a change, once per event. A change that is not newer than what
	// is known of its subject changes nothing.
	Apply(ctx context.Context, c Change) error
	// List reads at most limit present entries before a place, newest first.
	List(ctx context.Context, userID, beforeID int64, limit int) ([]Entry, error)
	// Unread counts the present entries after the read position.
	Unread(ctx context.Context, userID int64) (int64, error)
	// MarkRead moves the read position forward, at most to the newest entry.
	MarkRead(ctx context.Context, userID, upToID int64) error
}

// Page is one page of a list.
type Page struct {
	Entries []Entry
	NextID  int64 // before which the next page begins; 0 at the end
	Unread  int64 // on all pages
}

// Service knows the rules. It is safe for concurrent use.
type Service struct{ store Store }

// New makes the service.
func New(store Store) *Service { return &Service{store: store} }
