//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// A follow shows at once in both lists, in the counts and as a flag. A repetition is
// accepted and changes nothing.
func TestFollowChangesListsCountsAndFlagsOnce(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b, viewer := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	check := func(when string, n int64) {
		t.Helper()
		for who, token := range map[string]string{"a": a.Token, "b": b.Token, "viewer": viewer.Token, "guest": ""} {
			follower, followed := e2etest.Profile(t, p, a, token), e2etest.Profile(t, p, b, token)
			if follower.FollowCount != n || follower.FollowerCount != 0 || followed.FollowerCount != n || followed.FollowCount != 0 {
				t.Errorf("%s, %s: follow_count %d, follower_count %d", when, who, follower.FollowCount, followed.FollowerCount)
			}
			if follower.IsFollow || followed.IsFollow != (who == "a" && n > 0) {
				t.Errorf("%s, %s: is_follow %t and %t", when, who, follower.IsFollow, followed.IsFollow)
			}
			list, back := e2etest.Follows(t, p, a, token), e2etest.Followers(t, p, b, token)
			if int64(len(list)) != n || int64(len(back)) != n {
				t.Fatalf("%s, %s: %d in the list of a, %d in that of b", when, who, len(list), len(back))
			}
			if n > 0 && (list[0] != followed || back[0] != follower) {
				t.Errorf("%s, %s: the lists show other users than the profiles: %+v and %+v", when, who, list[0], back[0])
			}
			if len(e2etest.Follows(t, p, b, token)) != 0 || len(e2etest.Followers(t, p, a, token)) != 0 {
				t.Errorf("%s, %s: the follow also shows in the other direction", when, who)
			}
		}
	}
	check("before", 0)
	for range 3 {
		e2etest.Follow(t, p, a, b, true)
		check("followed", 1)
	}
	e2etest.Follow(t, p, viewer, b, false) // there was none
	check("another's unfollow", 1)
	for range 3 {
		e2etest.Follow(t, p, a, b, false)
		check("unfollowed", 0)
	}
	e2etest.Follow(t, p, a, b, true)
	check("followed again", 1)
}

// is_follow is that of the viewer in every list: in one's own list of follows all are
// true, among one's own followers those whom one follows back.
func TestIsFollowIsThatOfTheViewer(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	me, back, fan, star := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	e2etest.Befriend(t, p, me, back)
	e2etest.Follow(t, p, fan, me, true)
	e2etest.Follow(t, p, me, star, true)
	e2etest.Follow(t, p, fan, star, true)

	flags := func(list []client.User) map[int64]bool {
		out := map[int64]bool{}
		for _, u := range list {
			out[u.ID] = u.IsFollow
		}
		return out
	}
	for _, c := range []struct {
		what string
		list []client.User
		want map[int64]bool
	}{
		{"own follows", e2etest.Follows(t, p, me, me.Token), map[int64]bool{back.ID: true, star.ID: true}},
		{"own followers", e2etest.Followers(t, p, me, me.Token), map[int64]bool{back.ID: true, fan.ID: false}},
		{"follows seen by fan", e2etest.Follows(t, p, me, fan.Token), map[int64]bool{back.ID: false, star.ID: true}},
		{"followers seen by back", e2etest.Followers(t, p, me, back.Token), map[int64]bool{back.ID: false, fan.ID: false}},
		{"followers of star seen by me", e2etest.Followers(t, p, star, me.Token), map[int64]bool{me.ID: false, fan.ID: false}},
		{"followers of star seen by fan", e2etest.Followers(t, p, star, fan.Token), map[int64]bool{me.ID: true, fan.ID: false}},
		{"follows seen by a guest", e2etest.Follows(t, p, me, ""), map[int64]bool{back.ID: false, star.ID: false}},
		{"followers seen by a guest", e2etest.Followers(t, p, me, ""), map[int64]bool{back.ID: false, fan.ID: false}},
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
	t.Parallel()
	p := e2etest.NewPhone()
	me := e2etest.NewAccount(t, p)
	others := e2etest.NewAccounts(t, p, 3)
	for _, i := range []int{1, 0, 2} {
		e2etest.Follow(t, p, me, others[i], true)
		e2etest.Follow(t, p, others[i], me, true)
	}
	want := []int64{others[2].ID, others[0].ID, others[1].ID}
	check := func(when string) {
		t.Helper()
		if got := e2etest.UserIDs(e2etest.Follows(t, p, me, "")); !slices.Equal(got, want) {
			t.Errorf("%s: follows %v, want %v", when, got, want)
		}
		if got := e2etest.UserIDs(e2etest.Followers(t, p, me, "")); !slices.Equal(got, want) {
			t.Errorf("%s: followers %v, want %v", when, got, want)
		}
	}
	check("followed")
	e2etest.Follow(t, p, me, others[1], true)
	e2etest.Follow(t, p, others[1], me, true)
	check("repeated")
	for _, wanted := range []bool{false, true} {
		e2etest.Follow(t, p, me, others[1], wanted)
		e2etest.Follow(t, p, others[1], me, wanted)
	}
	want = []int64{others[1].ID, others[2].ID, others[0].ID}
	check("followed again")
}

// Users in lists are the same as in their profiles, within a second.
func TestUsersInListsAreComplete(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	me, star := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, star, "a work", e2etest.SmallVideo(t))
	e2etest.Follow(t, p, me, star, true)
	e2etest.Like(t, p, me, video.ID, true)
	e2etest.Like(t, p, star, video.ID, true)
	want := e2etest.Profile(t, p, star, me.Token)
	if want.WorkCount != 1 || want.TotalFavorited != 2 || want.FavoriteCount != 1 || want.FollowerCount != 1 || !want.IsFollow {
		t.Fatalf("profile %+v", want)
	}
	e2etest.Within(t, e2etest.Recovery, "the lists show the counts of the profile", func(context.Context) error {
		if got := e2etest.Follows(t, p, me, me.Token); len(got) != 1 || got[0] != want {
			return fmt.Errorf("in the list %+v, in the profile %+v", got, want)
		}
		if got := e2etest.Liked(t, p, me.ID, me.Token); len(got) != 1 || got[0].Author != want {
			return fmt.Errorf("as author %+v, in the profile %+v", got, want)
		}
		return nil
	})
}
