package fake

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

// Activities is an activity.Store in memory.
type Activities struct {
	mu      sync.Mutex
	done    map[string]bool // by event id
	changes map[string]activity.Change
	last    map[int64]int64 // by user
	read    map[int64]int64
}

var _ activity.Store = (*Activities)(nil)

// NewActivities returns an empty store.
func NewActivities() *Activities {
	return &Activities{
		done: make(map[string]bool), changes: make(map[string]activity.Change),
		last: make(map[int64]int64), read: make(map[int64]int64),
	}
}

// Apply implements activity.Store.
func (a *Activities) Apply(_ context.Context, changes []activity.Change) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range changes {
		a.apply(c)
	}
	return nil
}

func (a *Activities) apply(c activity.Change) {
	if a.done[c.EventID] {
		return
	}
	a.done[c.EventID] = true
	known, exists := a.changes[c.Subject]
	if known.Version >= c.Version || !exists && c.Late {
		return
	}
	if exists && !c.Present {
		c.Entry.ID = known.Entry.ID
		a.changes[c.Subject] = c
		return
	}
	a.last[c.Entry.UserID]++
	c.Entry.ID = a.last[c.Entry.UserID]
	a.changes[c.Subject] = c
}

// List implements activity.Store.
func (a *Activities) List(_ context.Context, userID, beforeID int64, limit int) ([]activity.Entry, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	entries := []activity.Entry{}
	for _, c := range a.changes {
		if c.Entry.UserID == userID && c.Present && c.Entry.ID < beforeID {
			entries = append(entries, c.Entry)
		}
	}
	slices.SortFunc(entries, func(x, y activity.Entry) int { return cmp.Compare(y.ID, x.ID) })
	return entries[:min(len(entries), limit)], nil
}

// Unread implements activity.Store.
func (a *Activities) Unread(_ context.Context, userID int64) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var unread int64
	for _, c := range a.changes {
		if c.Entry.UserID == userID && c.Present && c.Entry.ID > a.read[userID] {
			unread++
		}
	}
	return min(unread, activity.MaxUnread), nil
}

// MarkRead implements activity.Store.
func (a *Activities) MarkRead(_ context.Context, userID, upToID int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read[userID] = max(a.read[userID], min(upToID, a.last[userID]))
	return nil
}

// Changes is an activity.Writer that applies each change alone.
type Changes struct {
	Commit func(ctx context.Context, changes []activity.Change) ([]struct{}, error)
}

var _ activity.Writer = Changes{}

// Do implements activity.Writer.
func (w Changes) Do(ctx context.Context, c activity.Change) (struct{}, error) {
	_, err := w.Commit(ctx, []activity.Change{c})
	return struct{}{}, err
}
