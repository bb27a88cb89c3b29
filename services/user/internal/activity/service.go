package activity

import (
	"context"
	"math"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Apply applies the change of an event. It ignores a user's actions on their own
// videos.
func (s *Service) Apply(ctx context.Context, c Change) error {
	if c.Entry.ActorID == c.Entry.UserID {
		return nil
	}
	c.Late = c.Entry.OccurredAt.Before(s.clock().Add(-Retention))
	_, err := s.writer.Do(ctx, c)
	return errs.Wrap("activity.Apply", err)
}

// List returns a page of a user's list, newest first. beforeID 0 starts with the
// newest entry; a limit of 0 means DefaultPage.
func (s *Service) List(ctx context.Context, userID, beforeID int64, limit int) (Page, error) {
	const op = "activity.List"
	if userID <= 0 || beforeID < 0 {
		return Page{}, errs.Wrap(op, ErrIDsInvalid)
	}
	if beforeID == 0 {
		beforeID = math.MaxInt64
	}
	if limit <= 0 {
		limit = DefaultPage
	}
	limit = min(limit, MaxPage)
	// One more entry than requested shows whether another page follows.
	entries, err := s.store.List(ctx, userID, beforeID, limit+1)
	if err != nil {
		return Page{}, errs.Wrap(op, err)
	}
	page := Page{Entries: entries}
	if len(entries) > limit {
		page.Entries = entries[:limit]
		page.NextID = entries[limit-1].ID
	}
	page.Unread, err = s.store.Unread(ctx, userID)
	return page, errs.Wrap(op, err)
}

// MarkRead moves the read position forward to an entry, or to the newest entry if
// upToID is 0, and returns how many entries remain unread, at most
// MaxUnread. It is idempotent.
func (s *Service) MarkRead(ctx context.Context, userID, upToID int64) (unread int64, err error) {
	const op = "activity.MarkRead"
	if userID <= 0 || upToID < 0 {
		return 0, errs.Wrap(op, ErrIDsInvalid)
	}
	if upToID == 0 {
		upToID = math.MaxInt64
	}
	if err := s.store.MarkRead(ctx, userID, upToID); err != nil {
		return 0, errs.Wrap(op, err)
	}
	unread, err = s.store.Unread(ctx, userID)
	return unread, errs.Wrap(op, err)
}
