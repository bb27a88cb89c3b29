package relation_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/storetest"
)

// clock returns a clock that advances a second with each call.
func clock() func() time.Time {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

func service() (*relation.Service, *fake.Store, *fake.Users) {
	store, users := fake.NewStore(), &fake.Users{Known: []int64{1, 2, 3, 4, 5}}
	return newService(store, users), store, users
}

func newService(store *fake.Store, users *fake.Users) *relation.Service {
	docs := fake.NewHot()
	return relation.New(relation.Ports{
		Writer: fake.Writer{Commit: relation.Commit(store, docs)}, Store: store, Users: users, Hot: docs,
		Clock: clock(), TraceParent: fake.NoTrace,
	})
}

func TestSetFollowRefuses(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	for name, c := range map[string]struct {
		user, target int64
		following    bool
		usersErr     error
		want         error
	}{
		"oneself":             {1, 1, true, nil, relation.ErrSelfFollow},
		"unfollowing oneself": {1, 1, false, nil, relation.ErrSelfFollow},
		"an unknown user":     {1, 9, true, nil, relation.ErrUserUnknown},
		"user 0":              {1, 0, true, nil, relation.ErrIDInvalid},
		"a negative user":     {1, -2, true, nil, relation.ErrIDInvalid},
		"nobody as follower":  {0, 2, true, nil, relation.ErrIDInvalid},
		"user service down":   {1, 2, true, down, down},
		"unfollow of unknown": {1, 9, false, nil, relation.ErrUserUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			s, store, users := service()
			users.Err = c.usersErr
			changed, err := s.SetFollow(t.Context(), c.user, c.target, c.following)
			if changed || !errors.Is(err, c.want) {
				t.Errorf("changed %t, error %v; want %v", changed, err, c.want)
			}
			if len(store.Events()) > 0 {
				t.Error("a refused call changed something")
			}
		})
	}
}

func TestFollowIsVisibleAtOnceThroughHotDocuments(t *testing.T) {
	s, _, _ := service()
	ctx := t.Context()
	read := func() (relation.Set, relation.Stats, relation.Stats) {
		set, err := s.FollowSet(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		one, err := s.Lookup(ctx, []int64{1}, 0)
		if err != nil {
			t.Fatal(err)
		}
		two, err := s.Lookup(ctx, []int64{2}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return set, one[0], two[0]
	}
	read() // stores all three documents
	for _, following := range []bool{true, true, false, true} {
		if _, err := s.SetFollow(ctx, 1, 2, following); err != nil {
			t.Fatal(err)
		}
		set, one, two := read()
		want := int64(0)
		if following {
			want = 1
		}
		if int64(len(set.UserIDs)) != want || one.Follows != want || two.Followers != want {
			t.Errorf("after %t: set %v, follower %+v, followed %+v", following, set, one, two)
		}
	}
}

func TestListPages(t *testing.T) {
	s, _, _ := service()
	for _, target := range []int64{2, 3, 4, 5} {
		if _, err := s.SetFollow(t.Context(), 1, target, true); err != nil {
			t.Fatal(err)
		}
	}
	var got []int64
	for cursor, page := "", 0; page == 0 || cursor != ""; page++ {
		if page > 4 {
			t.Fatal("the list has no end")
		}
		stats, next, err := s.List(t.Context(), relation.Follows, relation.Query{UserID: 1, ViewerID: 2, Limit: 2}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range stats {
			got = append(got, f.UserID)
		}
		cursor = next
	}
	if !slices.Equal(got, []int64{5, 4, 3, 2}) {
		t.Errorf("list is %v", got)
	}
	for _, cursor := range []string{"x", "1", "1-", "-1", "0-0", "1-x", "99999999999999999999-1"} {
		if _, _, err := s.List(t.Context(), relation.Follows, relation.Query{UserID: 1, Limit: 2}, cursor); !errors.Is(err, relation.ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestLookupKeepsTheOrderAndFillsGaps(t *testing.T) {
	s, _, _ := service()
	if _, err := s.SetFollow(t.Context(), 1, 2, true); err != nil {
		t.Fatal(err)
	}
	stats, err := s.Lookup(t.Context(), []int64{404, 2, 1, 2}, 1)
	want := []relation.Stats{{UserID: 404}, {UserID: 2, Followers: 1, Followed: true}, {UserID: 1, Follows: 1}}
	if err != nil || !slices.Equal(stats, want) {
		t.Errorf("stats %+v, %v", stats, err)
	}
	if _, err := s.Lookup(t.Context(), make([]int64, relation.MaxIDs+1), 0); !errors.Is(err, relation.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
	if _, err := s.Lookup(t.Context(), []int64{1, 0}, 0); !errors.Is(err, relation.ErrIDInvalid) {
		t.Errorf("id 0: %v", err)
	}
}

func TestFollowSetIsCapped(t *testing.T) {
	store := fake.NewStore()
	for target := range int64(relation.MaxSet + 1) {
		if _, err := storetest.SetFollow(t.Context(), store, relation.Change{UserID: 1, TargetID: target + 2, Following: true}); err != nil {
			t.Fatal(err)
		}
	}
	s := newService(store, &fake.Users{})
	set, err := s.FollowSet(t.Context(), 1)
	if err != nil || !set.Capped || len(set.UserIDs) != relation.MaxSet {
		t.Errorf("capped %t with %d users, %v", set.Capped, len(set.UserIDs), err)
	}
}

func TestAreFriends(t *testing.T) {
	s, _, _ := service()
	ask := func(a, b int64) bool {
		friends, err := s.AreFriends(t.Context(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		return friends
	}
	for _, pair := range [][2]int64{{1, 2}, {2, 1}, {1, 3}} {
		if _, err := s.SetFollow(t.Context(), pair[0], pair[1], true); err != nil {
			t.Fatal(err)
		}
	}
	if !ask(1, 2) || !ask(2, 1) || ask(1, 3) || ask(3, 1) || ask(1, 1) {
		t.Error("friends are not exactly the users who follow each other")
	}
}
