// Package activity implements the activity list of a user: likes and comments of
// others on the user's videos, and new followers.
//
//   - A user's actions on their own videos are not listed.
//   - Each like, comment and follow has at most one entry. The last state wins,
//     in whatever order the events arrive: an entry that was taken back is not
//     listed, and an older event does not bring it back.
//   - Entries are numbered in the order in which they became visible, so that a
//     read position never covers an entry that the user could not have seen. An
//     entry that is taken back keeps its number.
//   - After Retention, entries that were taken back are deleted, and so are
//     entries beyond the newest MaxKept of a user.
//
// It imports the standard library and platform/errs only.
package activity

import (
	"context"
	"time"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// ErrIDsInvalid is the error of invalid ids. Its reason is part of the contract.
var ErrIDsInvalid = errs.New(errs.Invalid, userv1.ReasonIDsInvalid, "ids must be greater than 0, and a cursor must not be negative")

// Limits.
const (
	DefaultPage = 30   // entries of a page
	MaxPage     = 100  // entries of a page
	MaxUnread   = 1000 // unread entries are not counted beyond this number

	// MaxKept is how many entries a user keeps whatever their age.
	MaxKept = 10_000
	// Retention is how long every entry is kept.
	Retention = 90 * 24 * time.Hour
)

// Kind is the kind of an activity.
type Kind int

// The kinds. Their values are stored.
const (
	Liked     Kind = 1
	Commented Kind = 2
	Followed  Kind = 3
)

// Entry is one entry of a user's list.
type Entry struct {
	ID         int64 // number in the user's list, from 1
	UserID     int64 // owner of the list
	Kind       Kind
	ActorID    int64 // user who liked, commented or followed
	VideoID    int64 // 0 for a follow
	CommentID  int64 // 0 for a like or a follow
	Excerpt    string
	OccurredAt time.Time // to the millisecond, UTC
}

// Change is a change of a like, comment or follow, as its event reports it.
type Change struct {
	EventID string
	Subject string // the like, comment or follow
	Version int64  // of the subject; grows with each change
	Present bool   // false: the like, comment or follow was taken back
	Entry   Entry  // without an id
	Late    bool   // the event is older than Retention
}

// Store stores the lists.
type Store interface {
	// Apply applies changes in one transaction, as if they came one after the
	// other, and each once per event. A change whose version is not newer than the
	// stored version of its subject has no effect. A late change of an unknown
	// subject has no effect either, because the row with a newer version may have
	// been deleted.
	Apply(ctx context.Context, changes []Change) error
	// List reads at most limit present entries with smaller ids than beforeID,
	// newest first.
	List(ctx context.Context, userID, beforeID int64, limit int) ([]Entry, error)
	// Unread counts the present entries after the read position, up to MaxUnread.
	Unread(ctx context.Context, userID int64) (int64, error)
	// MarkRead moves the read position forward, at most to the newest entry.
	MarkRead(ctx context.Context, userID, upToID int64) error
}

// Page is one page of a list.
type Page struct {
	Entries []Entry
	NextID  int64 // the next page starts before this id; 0 at the end
	Unread  int64 // unread entries of the whole list, at most MaxUnread
}

// Writer applies a change, possibly in one transaction with others.
type Writer interface {
	Do(ctx context.Context, c Change) (struct{}, error)
}

// Commit returns the function that applies a batch of changes.
func Commit(store Store) func(ctx context.Context, changes []Change) ([]struct{}, error) {
	return func(ctx context.Context, changes []Change) ([]struct{}, error) {
		return make([]struct{}, len(changes)), store.Apply(ctx, changes)
	}
}

// Service implements the rules. It is safe for concurrent use.
type Service struct {
	store  Store
	writer Writer
	clock  func() time.Time
}

// New returns a service.
func New(store Store, writer Writer, clock func() time.Time) *Service {
	return &Service{store: store, writer: writer, clock: clock}
}
