//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// company is a small world in which something of everything has happened, so
// that a refused request would have something to spoil.
type company struct {
	phone           *Phone
	me, peer, other account
	video, second   Video   // of peer
	mine, foreign   Comment // under video, of me and of peer
	elsewhere       Comment // under second, of me
}

func newCompany(t *testing.T) company {
	t.Helper()
	p := newPhone()
	c := company{phone: p, me: newAccount(t, p), peer: newAccount(t, p), other: newAccount(t, p)}
	c.video = published(t, p, c.peer, "first", smallMP4(t))
	c.second = published(t, p, c.peer, "second", smallMP4(t))
	befriend(t, p, c.me, c.peer)
	follow(t, p, c.other, c.me, true)
	like(t, p, c.me, c.second.ID, true)
	like(t, p, c.other, c.video.ID, true)
	c.mine = comment(t, p, c.me, c.video.ID, "mine")
	c.foreign = comment(t, p, c.peer, c.video.ID, "foreign")
	c.elsewhere = comment(t, p, c.me, c.second.ID, "elsewhere")
	say(t, p, c.me, c.peer, "hello")
	say(t, p, c.peer, c.me, "hello yourself")
	return c
}

// state is everything that can be seen of the company.
func (c company) state(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	see := func(what string, seen any) { fmt.Fprintf(&out, "%s: %+v\n", what, seen) }
	for _, a := range []account{c.me, c.peer, c.other} {
		see("profile", profile(t, c.phone, a, c.me.Token))
		see("follows", follows(t, c.phone, a, c.me.Token))
		see("followers", followers(t, c.phone, a, c.me.Token))
		see("friends", friends(t, c.phone, a, a.Token))
		see("liked", liked(t, c.phone, a.ID, c.me.Token))
	}
	see("videos", must(c.phone.PublishList(t.Context(), c.peer.ID, c.me.Token))(t))
	see("comments", comments(t, c.phone, c.video.ID, c.me.Token))
	see("comments", comments(t, c.phone, c.second.ID, c.me.Token))
	see("chat", chat(t, c.phone, c.me, c.peer, "0"))
	see("chat", chat(t, c.phone, c.me, c.other, "0"))
	return out.String()
}

// change is a request that differs from a good one in some parameters; one that
// is nil is left out.
type change struct {
	what   string
	values map[string]*string
}

func with(name, value string) change {
	return change{fmt.Sprintf("%s=%.40q", name, value), map[string]*string{name: &value}}
}

func without(name string) change { return change{"no " + name, map[string]*string{name: nil}} }

func (c change) and(name, value string) change {
	both := maps.Clone(c.values)
	both[name] = &value
	return change{fmt.Sprintf("%s, %s=%.40q", c.what, name, value), both}
}

func (c change) in(good url.Values) url.Values {
	changed := maps.Clone(good)
	for name, value := range c.values {
		changed.Del(name)
		if value != nil {
			changed.Set(name, *value)
		}
	}
	return changed
}

// badNumbers are values of a parameter for an id: malformed, overflowing,
// negative, or of nothing there is.
func badNumbers(name string) []change {
	out := []change{without(name)}
	for _, value := range []string{"", "0", "-1", "abc", "1.5", "1e3", "0x10", "+5", " 5", "5 ", "5 or 1=1", "５", "null", "true", "[]",
		"9007199254740991", "9007199254740992", "9223372036854775807", "9223372036854775808", "99999999999999999999999999",
		"-9223372036854775808", "12345", "\x00", "\xff\xfe", strings.Repeat("9", 10_000)} {
		out = append(out, with(name, value))
	}
	return out
}

func badActions(known ...string) []change {
	out := []change{without("action_type")}
	for _, value := range []string{"", "0", "2", "3", "-1", "11", "01", "1.0", "1 ", "like", "true", "2147483648", "99999999999999999999", "\xff"} {
		if len(known) < 2 || value != known[1] {
			out = append(out, with("action_type", value))
		}
	}
	return out
}

func badTexts(name string) []change {
	out := []change{without(name)}
	for what, value := range map[string]string{
		"empty": "", "spaces": "   ", "white space": " \n\t\u3000", "not UTF-8": "a\xff\xfeb", "half a character": "评"[:2],
		"a zero byte": "a\x00b", "an escape": "a\x1b[2Jb", "501 characters": strings.Repeat("评", 501), "501 letters": strings.Repeat("x", 501),
		"huge": strings.Repeat("x", 60_000), "a surrogate": "\xed\xa0\x80",
	} {
		c := with(name, value)
		c.what = name + " is " + what
		out = append(out, c)
	}
	return out
}

func badTokenChanges(t *testing.T, p *Phone) []change {
	out := []change{without("token")}
	for what, token := range badTokens(t, p) {
		c := with("token", token)
		c.what = "token " + what
		out = append(out, c)
	}
	return out
}

func join(lists ...[]change) []change {
	var all []change
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// Everything that must not happen is refused, on HTTP 200 and in the shape of
// the endpoint, and leaves no trace.
func TestRefusedActionsChangeNothing(t *testing.T) {
	c := newCompany(t)
	tokens := badTokenChanges(t, c.phone)
	video, peer := decimal(c.video.ID), decimal(c.peer.ID)
	posting := url.Values{"token": {c.me.Token}, "video_id": {video}, "action_type": {on}, "comment_text": {"refused"}}
	deleting := url.Values{"token": {c.me.Token}, "video_id": {video}, "action_type": {off}, "comment_id": {decimal(c.mine.ID)}}
	likeOf := url.Values{"token": {c.me.Token}, "video_id": {video}, "action_type": {on}}
	unlikeOf := url.Values{"token": {c.me.Token}, "video_id": {decimal(c.second.ID)}, "action_type": {off}}
	followOf := url.Values{"token": {c.me.Token}, "to_user_id": {decimal(c.other.ID)}, "action_type": {on}}
	unfollowOf := url.Values{"token": {c.me.Token}, "to_user_id": {peer}, "action_type": {off}}
	message := url.Values{"token": {c.me.Token}, "to_user_id": {peer}, "action_type": {on}, "content": {"refused"}}

	before := c.state(t)
	for _, e := range []struct {
		name, path string
		good       url.Values
		bad        []change
	}{
		{"like", "/douyin/favorite/action/", likeOf, join(tokens, badNumbers("video_id"), badActions(on, off))},
		{"unlike", "/douyin/favorite/action/", unlikeOf, join(tokens, badNumbers("video_id"))},
		{"follow", "/douyin/relation/action/", followOf, join(tokens, badNumbers("to_user_id"), badActions(on, off),
			[]change{with("to_user_id", decimal(c.me.ID)), with("to_user_id", video)})},
		{"unfollow", "/douyin/relation/action/", unfollowOf, join(tokens, badNumbers("to_user_id"), []change{with("to_user_id", decimal(c.me.ID))})},
		{"comment", "/douyin/comment/action/", posting, join(tokens, badNumbers("video_id"), badActions(on, off), badTexts("comment_text"),
			[]change{with("video_id", peer), with("request_id", "with space"), with("request_id", strings.Repeat("r", 65)), with("request_id", "评")})},
		{"uncomment", "/douyin/comment/action/", deleting, join(tokens, badNumbers("video_id"), badNumbers("comment_id"), []change{
			with("comment_id", decimal(c.foreign.ID)),
			with("comment_id", decimal(c.elsewhere.ID)),
			with("video_id", decimal(c.second.ID)),
			with("comment_id", decimal(c.foreign.ID)).and("token", c.other.Token),
			with("token", c.peer.Token), // the author of the video did not write it
			with("comment_id", video),
		})},
		{"message", "/douyin/message/action/", message, join(tokens, badNumbers("to_user_id"), badActions(on), badTexts("content"),
			[]change{with("to_user_id", decimal(c.me.ID)), with("to_user_id", video), with("request_id", strings.Repeat("r", 65))})},
	} {
		for _, bad := range e.bad {
			t.Run(e.name+" "+bad.what, func(t *testing.T) {
				refused(t, must(call[StatusReply](t.Context(), c.phone, http.MethodPost, e.path, bad.in(e.good)))(t))
			})
		}
		// Each table is looked at as a whole: its requests are many.
		if after := c.state(t); after != before {
			t.Errorf("%s: a refused request changed something:\n%s", e.name, difference(before, after))
			before = after
		}
	}
	// The good requests were good: only what was changed in them was bad.
	for path, good := range map[string][]url.Values{
		"/douyin/favorite/action/": {likeOf, unlikeOf}, "/douyin/relation/action/": {followOf, unfollowOf}, "/douyin/message/action/": {message},
		"/douyin/comment/action/": {deleting},
	} {
		for _, v := range good {
			accepted(t, must(call[StatusReply](t.Context(), c.phone, http.MethodPost, path, v))(t))
		}
	}
	accepted(t, must(call[CommentReply](t.Context(), c.phone, http.MethodPost, "/douyin/comment/action/", posting))(t))
}

// difference shows the lines that differ.
func difference(before, after string) string {
	was := strings.Split(before, "\n")
	var out strings.Builder
	for i, line := range strings.Split(after, "\n") {
		if i >= len(was) || line != was[i] {
			fmt.Fprintf(&out, "now %s\n", line)
		}
	}
	return out.String()
}
