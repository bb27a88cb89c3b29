package storetest

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

// RunActivities runs the suite of activity.Store. open returns an empty store that
// is closed with the test.
func RunActivities(t *testing.T, open func(t *testing.T) activity.Store) {
	tests := map[string]func(*testing.T, activity.Store){
		"an entry is read as it was written":              activityRoundTrip,
		"an event has its effect once":                    activityOnce,
		"the last state wins in any order":                activityOrders,
		"an activity that is repeated is new":             activityRepeated,
		"an activity that is taken back takes no number":  activityTakenBack,
		"late changes of unknown subjects have no effect": activityLate,
		"unread entries are counted up to a limit":        activityUnreadLimit,
		"the list is paged newest first without gaps":     activityPaging,
		"entries after the read position are unread":      activityUnread,
		"concurrent activities are numbered without gaps": activityConcurrent,
		"concurrent events in any order end the same":     activityConcurrentOrders,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// likeOf returns a version of the actor's like of video 7 of user 5. Odd versions
// are likes, even versions unlikes.
func likeOf(actor, version int64) activity.Change {
	return activity.Change{
		EventID: fmt.Sprintf("E-%d-%d", actor, version), Subject: fmt.Sprintf("like:%d:7", actor),
		Version: version, Present: version%2 == 1,
		Entry: activity.Entry{UserID: 5, Kind: activity.Liked, ActorID: actor, VideoID: 7, OccurredAt: epoch.Add(time.Duration(version) * time.Second)},
	}
}

func apply(t *testing.T, s activity.Store, changes ...activity.Change) {
	t.Helper()
	for _, c := range changes {
		if err := s.Apply(t.Context(), []activity.Change{c}); err != nil {
			t.Fatalf("Apply(%s): %v", c.EventID, err)
		}
	}
}

func listed(t *testing.T, s activity.Store, user int64) []activity.Entry {
	t.Helper()
	entries, err := s.List(t.Context(), user, math.MaxInt64, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// wantActors compares the actors in the list of user 5, newest first.
func wantActors(t *testing.T, s activity.Store, want ...int64) {
	t.Helper()
	actors := []int64{}
	for _, e := range listed(t, s, 5) {
		actors = append(actors, e.ActorID)
	}
	if !slices.Equal(actors, want) {
		t.Errorf("the list has %v, want %v", actors, want)
	}
}

func wantUnread(t *testing.T, s activity.Store, want int64) {
	t.Helper()
	if unread, err := s.Unread(t.Context(), 5); err != nil || unread != want {
		t.Errorf("%d unread, %v; want %d", unread, err, want)
	}
}

func activityRoundTrip(t *testing.T, s activity.Store) {
	comment := activity.Entry{
		UserID: 5, Kind: activity.Commented, ActorID: 1, VideoID: 7, CommentID: 70, Excerpt: "你好 👋 'x' --", OccurredAt: epoch,
	}
	follow := activity.Entry{UserID: 5, Kind: activity.Followed, ActorID: 2, OccurredAt: epoch}
	apply(t, s,
		activity.Change{EventID: "E1", Subject: "comment:70", Version: 1, Present: true, Entry: comment},
		activity.Change{EventID: "E2", Subject: "follow:2:5", Version: 1, Present: true, Entry: follow})
	comment.ID, follow.ID = 1, 2
	if got := listed(t, s, 5); !slices.Equal(got, []activity.Entry{follow, comment}) {
		t.Errorf("listed %+v", got)
	}
	if got := listed(t, s, 6); len(got) > 0 {
		t.Errorf("another user has %+v", got)
	}
}

func activityOnce(t *testing.T, s activity.Store) {
	for range 3 {
		apply(t, s, likeOf(1, 1))
	}
	apply(t, s, likeOf(2, 1))
	wantActors(t, s, 2, 1)
	if got := listed(t, s, 5); got[0].ID != 2 || got[1].ID != 1 {
		t.Errorf("repeated events took numbers: %+v", got)
	}
}

// activityOrders delivers like, unlike and like in each order, which ends as a
// like, and like and unlike in each order, which does not.
func activityOrders(t *testing.T, s activity.Store) {
	for i, order := range [][]int64{{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}} {
		for _, version := range order {
			apply(t, s, likeOf(int64(10+i), version))
		}
		if got := listed(t, s, 5); len(got) != i+1 || !got[0].OccurredAt.Equal(epoch.Add(3*time.Second)) {
			t.Errorf("order %v: %+v", order, got)
		}
	}
	for i, order := range [][]int64{{1, 2}, {2, 1}} {
		for _, version := range order {
			apply(t, s, likeOf(int64(20+i), version))
		}
	}
	if got := listed(t, s, 5); len(got) != 6 {
		t.Errorf("an activity that was taken back is listed: %+v", got)
	}
	wantUnread(t, s, 6)
}

func activityRepeated(t *testing.T, s activity.Store) {
	apply(t, s, likeOf(1, 1), likeOf(2, 1))
	if err := s.MarkRead(t.Context(), 5, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	wantUnread(t, s, 0)
	apply(t, s, likeOf(1, 2), likeOf(1, 3))
	wantActors(t, s, 1, 2)
	wantUnread(t, s, 1)
}

func activityTakenBack(t *testing.T, s activity.Store) {
	apply(t, s, likeOf(1, 1), likeOf(2, 1), likeOf(1, 2), likeOf(3, 1))
	wantActors(t, s, 3, 2)
	if got := listed(t, s, 5); got[0].ID != 3 {
		t.Errorf("the entry after one that was taken back has the number %d", got[0].ID)
	}
	apply(t, s, likeOf(1, 2), likeOf(1, 1)) // delivered again
	wantActors(t, s, 3, 2)
}

func activityLate(t *testing.T, s activity.Store) {
	late := func(actor, version int64) activity.Change {
		c := likeOf(actor, version)
		c.Late = true
		return c
	}
	apply(t, s, likeOf(1, 1), late(1, 2), likeOf(2, 2), late(2, 3), late(3, 1))
	wantActors(t, s, 2)
}

func activityUnreadLimit(t *testing.T, s activity.Store) {
	for actor := int64(1); actor <= activity.MaxUnread+2; actor++ {
		if actor == activity.MaxUnread {
			wantUnread(t, s, activity.MaxUnread-1)
		}
		apply(t, s, likeOf(actor, 1))
	}
	wantUnread(t, s, activity.MaxUnread)
}

func activityPaging(t *testing.T, s activity.Store) {
	want := []int64{}
	for actor := int64(30); actor > 10; actor-- {
		want = append(want, actor)
	}
	for actor := int64(11); actor <= 30; actor++ {
		apply(t, s, likeOf(actor, 1), likeOf(actor+100, 2)) // an entry that is not listed between each two
	}
	var got []int64
	for before := int64(math.MaxInt64); ; {
		page, err := s.List(t.Context(), 5, before, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			got = append(got, e.ActorID)
		}
		before = page[len(page)-1].ID
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages have %v, want %v", got, want)
	}
}

func activityUnread(t *testing.T, s activity.Store) {
	wantUnread(t, s, 0)
	if err := s.MarkRead(t.Context(), 5, math.MaxInt64); err != nil { // of an empty list
		t.Fatal(err)
	}
	for actor := int64(1); actor <= 5; actor++ {
		apply(t, s, likeOf(actor, 1))
	}
	wantUnread(t, s, 5)
	ids := listed(t, s, 5)
	for _, step := range []struct {
		upTo, unread int64
	}{{ids[2].ID, 2}, {ids[4].ID, 2}, {ids[1].ID, 1}, {math.MaxInt64, 0}, {1, 0}} {
		if err := s.MarkRead(t.Context(), 5, step.upTo); err != nil {
			t.Fatal(err)
		}
		wantUnread(t, s, step.unread)
	}
	apply(t, s, likeOf(6, 1)) // marking all as read does not cover later entries
	wantUnread(t, s, 1)
	apply(t, s, likeOf(6, 2))
	wantUnread(t, s, 0)
}

func activityConcurrent(t *testing.T, s activity.Store) {
	const actors = 40
	var group sync.WaitGroup
	for actor := range int64(actors) {
		group.Go(func() {
			if err := s.Apply(t.Context(), []activity.Change{likeOf(actor+10, 1)}); err != nil {
				t.Errorf("Apply: %v", err)
			}
		})
	}
	group.Wait()
	got := listed(t, s, 5)
	if len(got) != actors {
		t.Fatalf("%d entries", len(got))
	}
	for i, e := range got {
		if e.ID != int64(actors-i) {
			t.Errorf("entry %d has the number %d", i, e.ID)
		}
	}
}

// activityConcurrentOrders delivers four or five versions of each of four likes
// twice, all concurrently.
func activityConcurrentOrders(t *testing.T, s activity.Store) {
	var group sync.WaitGroup
	for actor := int64(1); actor <= 4; actor++ {
		for version := int64(1); version <= 4+actor%2; version++ {
			for range 2 {
				group.Go(func() {
					if err := s.Apply(t.Context(), []activity.Change{likeOf(actor, version)}); err != nil {
						t.Errorf("Apply: %v", err)
					}
				})
			}
		}
	}
	group.Wait()
	got := listed(t, s, 5)
	slices.SortFunc(got, func(a, b activity.Entry) int { return int(a.ActorID - b.ActorID) })
	if len(got) != 2 || got[0].ActorID != 1 || got[1].ActorID != 3 {
		t.Errorf("listed %+v, want the actors 1 and 3, whose last version is a like", got)
	}
	wantUnread(t, s, 2)
}
