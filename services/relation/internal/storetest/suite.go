// Package storetest is the conformance suite of the stores of the relation service.
// It runs on the fake and on a real database, so that both behave the same.
package storetest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// Store combines the storage ports of the service.
type Store interface {
	relation.Store
	relation.Batches
}

// SetFollow does one change as a batch of its own.
func SetFollow(ctx context.Context, s relation.Batches, c relation.Change) (bool, error) {
	versions, err := s.Apply(ctx, []relation.Change{c})
	if err != nil {
		return false, err
	}
	return versions[0] > 0, nil
}

// Run runs the suite. open returns an empty store that is closed with the test.
func Run(t *testing.T, open func(t *testing.T) Store) {
	tests := map[string]func(*testing.T, Store){
		"a repeated follow counts once":                repeated,
		"an unfollow without a follow changes nothing": unfollowFirst,
		"lists are paged newest first without gaps":    paging,
		"friends follow each other":                    friends,
		"the viewer's own follows are marked":          viewer,
		"a follow set is ascending and limited":        set,
		"counts equal rows after concurrent changes":   concurrent,
		"concurrent mutual follows do not deadlock":    concurrentMutual,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func change(t *testing.T, s Store, user, target int64, following bool, at time.Time) bool {
	t.Helper()
	changed, err := SetFollow(t.Context(), s, relation.Change{UserID: user, TargetID: target, Following: following, At: at})
	if err != nil {
		t.Fatalf("SetFollow(%d, %d, %t): %v", user, target, following, err)
	}
	return changed
}

func list(t *testing.T, s Store, r relation.Relation, q relation.Query) []relation.Entry {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = relation.MaxPage
	}
	entries, err := s.List(t.Context(), r, q)
	if err != nil {
		t.Fatalf("List(%d, %+v): %v", r, q, err)
	}
	q.WithoutCounts = true
	bare, err := s.List(t.Context(), r, q)
	if err != nil || len(bare) != len(entries) {
		t.Fatalf("List(%d, %+v): %d entries, want %d, %v", r, q, len(bare), len(entries), err)
	}
	for i, e := range entries {
		if want := (relation.Entry{Stats: relation.Stats{UserID: e.UserID}, Cursor: e.Cursor}); bare[i] != want {
			t.Errorf("without counts entry %d is %+v, want %+v", i, bare[i], want)
		}
	}
	return entries
}

func ids(entries []relation.Entry) []int64 {
	all := []int64{}
	for _, e := range entries {
		all = append(all, e.UserID)
	}
	return all
}

// wantStats compares the counts of one user, and whether user 99 follows them.
func wantStats(t *testing.T, s Store, want relation.Stats) {
	t.Helper()
	found, err := s.Lookup(t.Context(), []int64{want.UserID}, 99)
	if err != nil {
		t.Fatal(err)
	}
	got := relation.Stats{UserID: want.UserID}
	if len(found) > 0 {
		got = found[0]
	}
	if got != want {
		t.Errorf("stats are %+v, want %+v", got, want)
	}
}

func repeated(t *testing.T, s Store) {
	for i, wantChanged := range []bool{true, false, false} {
		if got := change(t, s, 1, 2, true, epoch()); got != wantChanged {
			t.Errorf("follow %d: changed %t", i, got)
		}
	}
	wantStats(t, s, relation.Stats{UserID: 1, Follows: 1})
	wantStats(t, s, relation.Stats{UserID: 2, Followers: 1})
	for i, wantChanged := range []bool{true, false} {
		if got := change(t, s, 1, 2, false, epoch()); got != wantChanged {
			t.Errorf("unfollow %d: changed %t", i, got)
		}
	}
	wantStats(t, s, relation.Stats{UserID: 1})
	wantStats(t, s, relation.Stats{UserID: 2})
	if !change(t, s, 1, 2, true, epoch()) {
		t.Error("a follow after an unfollow changed nothing")
	}
	wantStats(t, s, relation.Stats{UserID: 2, Followers: 1})
}

func unfollowFirst(t *testing.T, s Store) {
	if change(t, s, 1, 2, false, epoch()) {
		t.Error("changed without a follow")
	}
	wantStats(t, s, relation.Stats{UserID: 1})
	wantStats(t, s, relation.Stats{UserID: 2})
}

func paging(t *testing.T, s Store) {
	// Three follows share each time, so that the id has to break ties.
	var want []int64
	for i := range int64(9) {
		change(t, s, 1, 10+i, true, epoch().Add(time.Duration(i/3)*time.Second))
		change(t, s, 10+i, 5, true, epoch().Add(time.Duration(i/3)*time.Second))
		want = append(want, 10+i)
	}
	slices.Reverse(want)
	for _, c := range []struct {
		relation relation.Relation
		user     int64
	}{{relation.Follows, 1}, {relation.Followers, 5}} {
		var got []int64
		var after relation.Cursor
		for page := list(t, s, c.relation, relation.Query{UserID: c.user, Limit: 2}); len(page) > 0; {
			got = append(got, ids(page)...)
			after = page[len(page)-1].Cursor
			page = list(t, s, c.relation, relation.Query{UserID: c.user, Limit: 2, After: after})
		}
		if !slices.Equal(got, want) {
			t.Errorf("list %d of %d is %v, want %v", c.relation, c.user, got, want)
		}
	}
}

func friends(t *testing.T, s Store) {
	change(t, s, 1, 2, true, epoch())
	change(t, s, 2, 1, true, epoch())
	change(t, s, 1, 3, true, epoch())
	change(t, s, 4, 1, true, epoch())
	change(t, s, 1, 5, true, epoch())
	change(t, s, 5, 1, true, epoch())
	change(t, s, 5, 1, false, epoch())
	if got := ids(list(t, s, relation.Friends, relation.Query{UserID: 1})); !slices.Equal(got, []int64{2}) {
		t.Errorf("friends of 1 are %v", got)
	}
	for _, c := range []struct {
		a, b int64
		want bool
	}{{1, 2, true}, {2, 1, true}, {1, 3, false}, {1, 4, false}, {1, 5, false}, {7, 8, false}} {
		got, err := s.AreFriends(t.Context(), c.a, c.b)
		if err != nil || got != c.want {
			t.Errorf("AreFriends(%d, %d) is %t, %v", c.a, c.b, got, err)
		}
	}
}

func viewer(t *testing.T, s Store) {
	change(t, s, 1, 2, true, epoch())
	change(t, s, 1, 3, true, epoch())
	change(t, s, 99, 3, true, epoch())
	for _, e := range list(t, s, relation.Follows, relation.Query{UserID: 1, ViewerID: 99}) {
		if e.Followed != (e.UserID == 3) {
			t.Errorf("user %d is followed by the viewer: %t", e.UserID, e.Followed)
		}
		if e.UserID == 3 && e.Followers != 2 {
			t.Errorf("user 3 has %d followers", e.Followers)
		}
	}
	wantStats(t, s, relation.Stats{UserID: 3, Followers: 2, Followed: true})
	if got := list(t, s, relation.Follows, relation.Query{UserID: 1}); slices.ContainsFunc(got, func(e relation.Entry) bool { return e.Followed }) {
		t.Error("without a viewer somebody is followed by the viewer")
	}
}

func set(t *testing.T, s Store) {
	for _, target := range []int64{30, 10, 20, 40} {
		change(t, s, 1, target, true, epoch())
	}
	change(t, s, 1, 40, false, epoch())
	got, err := s.FollowSet(t.Context(), 1, 10)
	if err != nil || !slices.Equal(got, []int64{10, 20, 30}) {
		t.Errorf("set is %v, %v", got, err)
	}
	if got, err = s.FollowSet(t.Context(), 1, 2); err != nil || !slices.Equal(got, []int64{10, 20}) {
		t.Errorf("limited set is %v, %v", got, err)
	}
}

// concurrent changes follows between a few users at random from many goroutines.
func concurrent(t *testing.T, s Store) {
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			for range 30 {
				user, target := rand.Int64N(5)+1, rand.Int64N(5)+1
				if user == target {
					continue
				}
				_, err := SetFollow(t.Context(), s, relation.Change{
					UserID: user, TargetID: target, Following: rand.IntN(2) == 0, At: epoch(),
				})
				if err != nil {
					t.Errorf("SetFollow: %v", err)
				}
			}
		})
	}
	group.Wait()
	for user := range int64(6) {
		wantStats(t, s, relation.Stats{
			UserID:    user,
			Follows:   int64(len(list(t, s, relation.Follows, relation.Query{UserID: user}))),
			Followers: int64(len(list(t, s, relation.Followers, relation.Query{UserID: user}))),
		})
	}
}

func concurrentMutual(t *testing.T, s Store) {
	var group sync.WaitGroup
	for i := range 8 {
		user, target := int64(1), int64(2)
		if i%2 == 0 {
			user, target = target, user
		}
		group.Go(func() {
			for n := range 25 {
				if _, err := SetFollow(t.Context(), s, relation.Change{UserID: user, TargetID: target, Following: n%2 == 0, At: epoch()}); err != nil {
					t.Errorf("SetFollow: %v", err)
				}
			}
			_, _ = SetFollow(t.Context(), s, relation.Change{UserID: user, TargetID: target, Following: true, At: epoch()})
		})
	}
	group.Wait()
	wantStats(t, s, relation.Stats{UserID: 1, Follows: 1, Followers: 1})
	wantStats(t, s, relation.Stats{UserID: 2, Follows: 1, Followers: 1})
}
