//go:build e2e

package e2e

import (
	"slices"
	"testing"
)

// A follow is seen at once in both lists, in the counts and as a flag; to repeat
// it is success and moves nothing.
func TestFollowMovesListsCountsAndFlagsOnce(t *testing.T) {
	p := newPhone()
	a, b, viewer := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	check := func(when string, n int64) {
		t.Helper()
		for who, token := range map[string]string{"a": a.Token, "b": b.Token, "viewer": viewer.Token, "guest": ""} {
			follower, followed := profile(t, p, a, token), profile(t, p, b, token)
			if follower.FollowCount != n || follower.FollowerCount != 0 || followed.FollowerCount != n || followed.FollowCount != 0 {
				t.Errorf("%s, %s: follow_count %d, follower_count %d", when, who, follower.FollowCount, followed.FollowerCount)
			}
			if follower.IsFollow || followed.IsFollow != (who == "a" && n > 0) {
				t.Errorf("%s, %s: is_follow %t and %t", when, who, follower.IsFollow, followed.IsFollow)
			}
			list, back := follows(t, p, a, token), followers(t, p, b, token)
			if int64(len(list)) != n || int64(len(back)) != n {
				t.Fatalf("%s, %s: %d in the list of a, %d in that of b", when, who, len(list), len(back))
			}
			if n > 0 && (list[0] != followed || back[0] != follower) {
				t.Errorf("%s, %s: the lists show other users than the profiles: %+v and %+v", when, who, list[0], back[0])
			}
			if len(follows(t, p, b, token)) != 0 || len(followers(t, p, a, token)) != 0 {
				t.Errorf("%s, %s: the follow is seen the other way round", when, who)
			}
		}
	}
	check("before", 0)
	for range 3 {
		follow(t, p, a, b, true)
		check("followed", 1)
	}
	follow(t, p, viewer, b, false) // was never there
	check("another's unfollow", 1)
	for range 3 {
		follow(t, p, a, b, false)
		check("unfollowed", 0)
	}
	follow(t, p, a, b, true)
	check("followed again", 1)
}

// is_follow tells of the viewer, whoever's list it is: all true in one's own
// list of follows, true among one's own followers only where one follows back.
func TestIsFollowIsTheViewers(t *testing.T) {
	p := newPhone()
	me, back, fan, star := newAccount(t, p), newAccount(t, p), newAccount(t, p), newAccount(t, p)
	befriend(t, p, me, back)
	follow(t, p, fan, me, true)
	follow(t, p, me, star, true)
	follow(t, p, fan, star, true)

	flags := func(list []User) map[int64]bool {
		out := map[int64]bool{}
		for _, u := range list {
			out[u.ID] = u.IsFollow
		}
		return out
	}
	for _, c := range []struct {
		what string
		list []User
		want map[int64]bool
	}{
		{"own follows", follows(t, p, me, me.Token), map[int64]bool{back.ID: true, star.ID: true}},
		{"own followers", followers(t, p, me, me.Token), map[int64]bool{back.ID: true, fan.ID: false}},
		{"follows seen by fan", follows(t, p, me, fan.Token), map[int64]bool{back.ID: false, star.ID: true}},
		{"followers seen by back", followers(t, p, me, back.Token), map[int64]bool{back.ID: false, fan.ID: false}},
		{"followers of star seen by me", followers(t, p, star, me.Token), map[int64]bool{me.ID: false, fan.ID: false}},
		{"followers of star seen by fan", followers(t, p, star, fan.Token), map[int64]bool{me.ID: true, fan.ID: false}},
		{"follows seen by a guest", follows(t, p, me, ""), map[int64]bool{back.ID: false, star.ID: false}},
		{"followers seen by a guest", followers(t, p, me, ""), map[int64]bool{back.ID: false, fan.ID: false}},
	} {
		got := flags(c.list)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
			continue
		}
		for id, want := range c.want {
			if flag, listed := got[id]; !listed || flag != want {
				t.Errorf("%s: %v, want %v", c.what, got, c.want)
				break
			}
		}
	}
}

func TestListsOfFollowsShowTheMostRecentFirst(t *testing.T) {
	p := newPhone()
	me := newAccount(t, p)
	others := crowd(t, p, 3)
	for _, i := range []int{1, 0, 2} {
		follow(t, p, me, others[i], true)
		follow(t, p, others[i], me, true)
	}
	want := []int64{others[2].ID, others[0].ID, others[1].ID}
	check := func(when string) {
		t.Helper()
		if got := userIDs(follows(t, p, me, "")); !slices.Equal(got, want) {
			t.Errorf("%s: follows %v, want %v", when, got, want)
		}
		if got := userIDs(followers(t, p, me, "")); !slices.Equal(got, want) {
			t.Errorf("%s: followers %v, want %v", when, got, want)
		}
	}
	check("followed")
	follow(t, p, me, others[1], true)
	follow(t, p, others[1], me, true)
	check("repeated")
	for _, wanted := range []bool{false, true} {
		follow(t, p, me, others[1], wanted)
		follow(t, p, others[1], me, wanted)
	}
	want = []int64{others[1].ID, others[2].ID, others[0].ID}
	check("followed anew")
}

// Counts beside users in lists are those of their profiles.
func TestUsersInListsAreComplete(t *testing.T) {
	p := newPhone()
	me, star := newAccount(t, p), newAccount(t, p)
	video := published(t, p, star, "a work", smallMP4(t))
	follow(t, p, me, star, true)
	like(t, p, me, video.ID, true)
	like(t, p, star, video.ID, true)
	want := profile(t, p, star, me.Token)
	if want.WorkCount != 1 || want.TotalFavorited != 2 || want.FavoriteCount != 1 || want.FollowerCount != 1 || !want.IsFollow {
		t.Fatalf("profile %+v", want)
	}
	if got := follows(t, p, me, me.Token); len(got) != 1 || got[0] != want {
		t.Errorf("in the list %+v, in the profile %+v", got, want)
	}
	if got := liked(t, p, me.ID, me.Token); len(got) != 1 || got[0].Author != want {
		t.Errorf("as author %+v, in the profile %+v", got, want)
	}
}
