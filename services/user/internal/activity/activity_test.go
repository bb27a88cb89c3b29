package activity_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
	"github.com/douyin-on-dapr/douyin/services/user/internal/fake"
)

func like(actor, user int64) activity.Change {
	return activity.Change{
		EventID: fmt.Sprint("E", actor, user), Subject: fmt.Sprintf("like:%d:7", actor), Version: 1, Present: true,
		Entry: activity.Entry{UserID: user, ActorID: actor, Kind: activity.Liked, VideoID: 7, OccurredAt: now},
	}
}

var now = time.UnixMilli(1_772_366_400_000)

func clock() time.Time { return now }

func newService() *activity.Service {
	store := fake.NewActivities()
	return activity.New(store, fake.Changes{Commit: activity.Commit(store)}, clock)
}

func filled(t *testing.T, actors int64) *activity.Service {
	t.Helper()
	s := newService()
	for actor := range actors {
		if err := s.Apply(t.Context(), like(actor+10, 5)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestOwnActionsAreNotListed(t *testing.T) {
	s := newService()
	if err := s.Apply(t.Context(), like(5, 5)); err != nil {
		t.Fatal(err)
	}
	if page, err := s.List(t.Context(), 5, 0, 0); err != nil || len(page.Entries) > 0 || page.Unread != 0 {
		t.Errorf("page %+v, %v", page, err)
	}
}

func TestPages(t *testing.T) {
	s := filled(t, 250)
	for _, c := range []struct {
		before     int64
		limit      int
		entries    int
		first      int64
		nextBefore int64
	}{
		{0, 0, activity.DefaultPage, 250, 221},
		{221, 0, activity.DefaultPage, 220, 191},
		{0, 1_000, activity.MaxPage, 250, 151},
		{0, -1, activity.DefaultPage, 250, 221},
		{11, 10, 10, 10, 0},
		{12, 10, 10, 11, 2},
		{1, 10, 0, 0, 0},
	} {
		page, err := s.List(t.Context(), 5, c.before, c.limit)
		if err != nil || len(page.Entries) != c.entries || page.NextID != c.nextBefore || page.Unread != 250 {
			t.Errorf("before %d, %d at most: %d entries, next %d, %d unread, %v", c.before, c.limit, len(page.Entries), page.NextID, page.Unread, err)
			continue
		}
		if c.entries > 0 && page.Entries[0].ID != c.first {
			t.Errorf("before %d: starts with %d", c.before, page.Entries[0].ID)
		}
	}
}

func TestMarkRead(t *testing.T) {
	s := filled(t, 5)
	for _, c := range []struct{ upTo, unread int64 }{{2, 3}, {1, 3}, {0, 0}, {3, 0}} {
		if unread, err := s.MarkRead(t.Context(), 5, c.upTo); err != nil || unread != c.unread {
			t.Errorf("read up to %d: %d unread, %v", c.upTo, unread, err)
		}
	}
}

// The row with the newer version of such a change may have been deleted.
func TestEventsOlderThanTheRetentionAddNothing(t *testing.T) {
	s := newService()
	for age, want := range map[time.Duration]int64{activity.Retention: 1, activity.Retention + time.Millisecond: 0} {
		c := like(20, 5+want)
		c.Subject, c.EventID = fmt.Sprint("like:", age), fmt.Sprint("E", age)
		c.Entry.OccurredAt = now.Add(-age)
		if err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if page, err := s.List(t.Context(), 5+want, 0, 0); err != nil || page.Unread != want {
			t.Errorf("of %v ago: %+v, %v", age, page, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := filled(t, 1)
	for name, ask := range map[string]func() error{
		"list of user 0":  func() error { _, err := s.List(t.Context(), 0, 0, 0); return err },
		"list of user -1": func() error { _, err := s.List(t.Context(), -1, 0, 0); return err },
		"list before -1":  func() error { _, err := s.List(t.Context(), 5, -1, 0); return err },
		"read by user -5": func() error { _, err := s.MarkRead(t.Context(), -5, 0); return err },
		"read up to -1":   func() error { _, err := s.MarkRead(t.Context(), 5, -1); return err },
	} {
		if err := ask(); !errors.Is(err, activity.ErrIDsInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
