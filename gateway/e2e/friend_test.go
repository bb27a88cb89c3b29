//go:build e2e

package e2e

import (
	"slices"
	"testing"
)

// Friends follow each other; either end makes an end of it.
func TestFriendsAreMutualFollows(t *testing.T) {
	p := newPhone()
	me, back, fan, star := newAccount(t, p), newAccount(t, p), newAccount(t, p), newAccount(t, p)
	follow(t, p, fan, me, true)
	follow(t, p, me, star, true)
	check := func(when string, of account, want ...int64) {
		t.Helper()
		list := friends(t, p, of, of.Token)
		if !slices.Equal(friendIDs(list), want) {
			t.Errorf("%s: friends of %d are %v, want %v", when, of.ID, friendIDs(list), want)
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

	follow(t, p, me, back, true)
	check("half", me)
	follow(t, p, back, me, true)
	check("mutual", me, back.ID)
	check("mutual", back, me.ID)
	follow(t, p, back, me, false)
	check("ended by the other", me)
	check("ended by oneself", back)
	follow(t, p, back, me, true)
	check("again", me, back.ID)
	follow(t, p, me, back, false)
	check("ended by oneself", me)
	check("ended by the other", back)
}

// The newest message of each conversation is shown, with the side that wrote it,
// and the newest conversation is first. Friends who never wrote follow, the most
// recent follow first.
func TestFriendListIsTheWayIntoTheChat(t *testing.T) {
	p := newPhone()
	me := newAccount(t, p)
	others := crowd(t, p, 4)
	for _, f := range others {
		befriend(t, p, me, f)
	}
	check := func(when string, want ...Friend) {
		t.Helper()
		list := friends(t, p, me, me.Token)
		if len(list) != len(want) {
			t.Fatalf("%s: %d friends, want %d", when, len(list), len(want))
		}
		for i, f := range list {
			if w := want[i]; f.ID != w.ID || f.Message != w.Message || f.Kind != w.Kind {
				t.Errorf("%s: place %d has %d %q msgType %d, want %d %q msgType %d", when, i, f.ID, f.Message, f.Kind, w.ID, w.Message, w.Kind)
			}
		}
	}
	entry := func(i int, message string, kind int64) Friend {
		return Friend{User: User{ID: others[i].ID}, Message: message, Kind: kind}
	}
	const received, sent = 0, 1
	check("silent", entry(3, "", 0), entry(2, "", 0), entry(1, "", 0), entry(0, "", 0))
	say(t, p, me, others[1], "to one")
	check("one sent", entry(1, "to one", sent), entry(3, "", 0), entry(2, "", 0), entry(0, "", 0))
	say(t, p, others[2], me, "from two")
	check("one received", entry(2, "from two", received), entry(1, "to one", sent), entry(3, "", 0), entry(0, "", 0))
	say(t, p, others[1], me, "an answer")
	check("answered", entry(1, "an answer", received), entry(2, "from two", received), entry(3, "", 0), entry(0, "", 0))
	say(t, p, me, others[2], "你好 👋")
	check("two answered", entry(2, "你好 👋", sent), entry(1, "an answer", received), entry(3, "", 0), entry(0, "", 0))

	// The other side of the same conversations.
	for i, want := range map[int]Friend{1: {Message: "an answer", Kind: sent}, 2: {Message: "你好 👋", Kind: received}, 3: {}} {
		list := friends(t, p, others[i], others[i].Token)
		if len(list) != 1 || list[0].ID != me.ID || list[0].Message != want.Message || list[0].Kind != want.Kind {
			t.Errorf("friend %d sees %+v", i, list)
		}
	}
}

// What friends write to each other is nobody else's business, and a logged-out
// phone, which asks all the same, gets an empty list.
func TestFriendListOfAnother(t *testing.T) {
	p := newPhone()
	a, b, stranger := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	befriend(t, p, a, b)
	say(t, p, a, b, "a secret of two")
	r := must(p.Friends(t.Context(), a.ID, stranger.Token, Part{}))(t)
	for _, f := range r.Friends {
		if f.Message != "" || f.Kind != 0 {
			t.Errorf("a stranger reads %q", f.Message)
		}
	}
	for what, token := range map[string]string{"none": "", "nonsense": "nonsense"} {
		r := must(p.Friends(t.Context(), a.ID, token, Part{}))(t)
		accepted(t, r)
		if len(r.Friends) != 0 {
			t.Errorf("token %s: %d friends", what, len(r.Friends))
		}
	}
	guest := must(p.Friends(t.Context(), 0, "", Part{}))(t)
	accepted(t, guest)
}
