//go:build e2e

package e2e

import (
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// Two users are friends while each follows the other.
func TestFriendsAreMutualFollows(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	me, back, fan, star := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	e2etest.Follow(t, p, fan, me, true)
	e2etest.Follow(t, p, me, star, true)
	check := func(when string, of e2etest.Account, want ...int64) {
		t.Helper()
		list := e2etest.Friends(t, p, of, of.Token)
		if !slices.Equal(e2etest.FriendIDs(list), want) {
			t.Errorf("%s: friends of %d are %v, want %v", when, of.ID, e2etest.FriendIDs(list), want)
		}
		for _, f := range list {
			if !f.IsFollow || f.FollowCount < 1 || f.FollowerCount < 1 {
				t.Errorf("%s: %+v is a friend", when, f)
			}
		}
	}
	check("one-sided", me)
	check("one-sided", fan)
	check("one-sided", star)

	e2etest.Follow(t, p, me, back, true)
	check("one-sided", me)
	e2etest.Follow(t, p, back, me, true)
	check("mutual", me, back.ID)
	check("mutual", back, me.ID)
	e2etest.Follow(t, p, back, me, false)
	check("ended by the other", me)
	check("ended by oneself", back)
	e2etest.Follow(t, p, back, me, true)
	check("again", me, back.ID)
	e2etest.Follow(t, p, me, back, false)
	check("ended by oneself", me)
	check("ended by the other", back)
}

// The list shows the newest message of each conversation and who wrote it, the most
// recent conversation first. Friends without a message follow, the most recent follow
// first.
func TestFriendListShowsTheNewestMessages(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	me := e2etest.NewAccount(t, p)
	others := e2etest.NewAccounts(t, p, 4)
	for _, f := range others {
		e2etest.Befriend(t, p, me, f)
	}
	check := func(when string, want ...client.Friend) {
		t.Helper()
		list := e2etest.Friends(t, p, me, me.Token)
		if len(list) != len(want) {
			t.Fatalf("%s: %d friends, want %d", when, len(list), len(want))
		}
		for i, f := range list {
			if w := want[i]; f.ID != w.ID || f.Message != w.Message || f.Kind != w.Kind {
				t.Errorf("%s: friend %d is %d %q msgType %d, want %d %q msgType %d", when, i, f.ID, f.Message, f.Kind, w.ID, w.Message, w.Kind)
			}
		}
	}
	entry := func(i int, message string, kind int64) client.Friend {
		return client.Friend{User: client.User{ID: others[i].ID}, Message: message, Kind: kind}
	}
	const received, sent = 0, 1
	check("silent", entry(3, "", 0), entry(2, "", 0), entry(1, "", 0), entry(0, "", 0))
	e2etest.SendMessage(t, p, me, others[1], "to one")
	check("one sent", entry(1, "to one", sent), entry(3, "", 0), entry(2, "", 0), entry(0, "", 0))
	e2etest.SendMessage(t, p, others[2], me, "from two")
	check("one received", entry(2, "from two", received), entry(1, "to one", sent), entry(3, "", 0), entry(0, "", 0))
	e2etest.SendMessage(t, p, others[1], me, "an answer")
	check("answered", entry(1, "an answer", received), entry(2, "from two", received), entry(3, "", 0), entry(0, "", 0))
	e2etest.SendMessage(t, p, me, others[2], "你好 👋")
	check("two answered", entry(2, "你好 👋", sent), entry(1, "an answer", received), entry(3, "", 0), entry(0, "", 0))

	// The other sides of the same conversations.
	for i, want := range map[int]client.Friend{1: {Message: "an answer", Kind: sent}, 2: {Message: "你好 👋", Kind: received}, 3: {}} {
		list := e2etest.Friends(t, p, others[i], others[i].Token)
		if len(list) != 1 || list[0].ID != me.ID || list[0].Message != want.Message || list[0].Kind != want.Kind {
			t.Errorf("friend %d sees %+v", i, list)
		}
	}
}

// Nobody else sees the messages of two friends. A logged-out phone, which asks too,
// gets an empty list.
func TestFriendListOfAnother(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b, stranger := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	e2etest.Befriend(t, p, a, b)
	e2etest.SendMessage(t, p, a, b, "a secret of two")
	r := e2etest.Must(p.Friends(t.Context(), a.ID, stranger.Token, client.Page{}))(t)
	for _, f := range r.Friends {
		if f.Message != "" || f.Kind != 0 {
			t.Errorf("a stranger reads %q", f.Message)
		}
	}
	for what, token := range map[string]string{"none": "", "nonsense": "nonsense"} {
		r := e2etest.Must(p.Friends(t.Context(), a.ID, token, client.Page{}))(t)
		e2etest.Accepted(t, r)
		if len(r.Friends) != 0 {
			t.Errorf("token %s: %d friends", what, len(r.Friends))
		}
	}
	guest := e2etest.Must(p.Friends(t.Context(), 0, "", client.Page{}))(t)
	e2etest.Accepted(t, guest)
}
