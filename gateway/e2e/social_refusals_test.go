//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// change sets some parameters of a good request to other values; nil removes a
// parameter.
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

// badNumbers sets an id to invalid values: malformed, out of range, negative, unknown.
func badNumbers(name string) []change {
	out := []change{without(name)}
	for _, value := range []string{"", "0", "-1", "abc", "1.5", "1e3", "0x10", "+5", " 5", "5 ", "5 or 1=1", "５", "null", "true", "[]",
		"9007199254740991", "9007199254740992", "9223372036854775807", "9223372036854775808", "99999999999999999999999999",
		"-9223372036854775808", "12345", "\x00", "\xff\xfe", strings.Repeat("9", 10_000)} {
		out = append(out, with(name, value))
	}
	return out
}

// badActions sets action_type to values other than the known ones.
func badActions(known ...string) []change {
	out := []change{without("action_type")}
	for _, value := range []string{"", "0", "2", "3", "-1", "11", "01", "1.0", "1 ", "like", "true", "2147483648", "99999999999999999999", "\xff"} {
		if len(known) < 2 || value != known[1] {
			out = append(out, with("action_type", value))
		}
	}
	return out
}

// badTexts sets a text to values that cannot be shown.
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

// badTokenChanges sets the token to invalid ones.
func badTokenChanges(t *testing.T, p *client.Client) []change {
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

// Invalid actions are refused with HTTP status 200 and in the shape of the endpoint, and
// change nothing.
func TestRefusedActionsChangeNothing(t *testing.T) {
	t.Parallel()
	c := e2etest.NewCommunity(t)
	tokens := badTokenChanges(t, c.Phone)
	video, peer := e2etest.Decimal(c.Video.ID), e2etest.Decimal(c.Peer.ID)
	posting := url.Values{"token": {c.Me.Token}, "video_id": {video}, "action_type": {e2etest.ActionSet}, "comment_text": {"refused"}}
	deleting := url.Values{"token": {c.Me.Token}, "video_id": {video}, "action_type": {e2etest.ActionRemove}, "comment_id": {e2etest.Decimal(c.Mine.ID)}}
	likeOf := url.Values{"token": {c.Me.Token}, "video_id": {video}, "action_type": {e2etest.ActionSet}}
	unlikeOf := url.Values{"token": {c.Me.Token}, "video_id": {e2etest.Decimal(c.Second.ID)}, "action_type": {e2etest.ActionRemove}}
	followOf := url.Values{"token": {c.Me.Token}, "to_user_id": {e2etest.Decimal(c.Other.ID)}, "action_type": {e2etest.ActionSet}}
	unfollowOf := url.Values{"token": {c.Me.Token}, "to_user_id": {peer}, "action_type": {e2etest.ActionRemove}}
	message := url.Values{"token": {c.Me.Token}, "to_user_id": {peer}, "action_type": {e2etest.ActionSet}, "content": {"refused"}}

	before := c.State(t)
	for _, e := range []struct {
		name, path string
		good       url.Values
		bad        []change
	}{
		{"like", "/douyin/favorite/action/", likeOf, join(tokens, badNumbers("video_id"), badActions(e2etest.ActionSet, e2etest.ActionRemove))},
		{"unlike", "/douyin/favorite/action/", unlikeOf, join(tokens, badNumbers("video_id"))},
		{"follow", "/douyin/relation/action/", followOf, join(tokens, badNumbers("to_user_id"), badActions(e2etest.ActionSet, e2etest.ActionRemove),
			[]change{with("to_user_id", e2etest.Decimal(c.Me.ID)), with("to_user_id", video)})},
		{"unfollow", "/douyin/relation/action/", unfollowOf, join(tokens, badNumbers("to_user_id"), []change{with("to_user_id", e2etest.Decimal(c.Me.ID))})},
		{"comment", "/douyin/comment/action/", posting, join(tokens, badNumbers("video_id"), badActions(e2etest.ActionSet, e2etest.ActionRemove), badTexts("comment_text"),
			[]change{with("video_id", peer), with("request_id", "with space"), with("request_id", strings.Repeat("r", 65)), with("request_id", "评")})},
		{"delete comment", "/douyin/comment/action/", deleting, join(tokens, badNumbers("video_id"), badNumbers("comment_id"), []change{
			with("comment_id", e2etest.Decimal(c.Peers.ID)),
			with("comment_id", e2etest.Decimal(c.Elsewhere.ID)),
			with("video_id", e2etest.Decimal(c.Second.ID)),
			with("comment_id", e2etest.Decimal(c.Peers.ID)).and("token", c.Other.Token),
			with("token", c.Peer.Token), // the author of the video is not that of the comment
			with("comment_id", video),
		})},
		{"message", "/douyin/message/action/", message, join(tokens, badNumbers("to_user_id"), badActions(e2etest.ActionSet), badTexts("content"),
			[]change{with("to_user_id", e2etest.Decimal(c.Me.ID)), with("to_user_id", video), with("request_id", strings.Repeat("r", 65))})},
	} {
		for _, bad := range e.bad {
			t.Run(e.name+" "+bad.what, func(t *testing.T) {
				e2etest.Refused(t, e2etest.Must(client.Call[client.StatusResponse](t.Context(), c.Phone, http.MethodPost, e.path, bad.in(e.good)))(t))
			})
		}
		// Compared once for all requests of a kind, of which there are many.
		if after := c.State(t); after != before {
			t.Errorf("%s: a refused request changed something:\n%s", e.name, difference(before, after))
			before = after
		}
	}
	// Without the changes the requests are accepted.
	for path, good := range map[string][]url.Values{
		"/douyin/favorite/action/": {likeOf, unlikeOf}, "/douyin/relation/action/": {followOf, unfollowOf}, "/douyin/message/action/": {message},
		"/douyin/comment/action/": {deleting},
	} {
		for _, v := range good {
			e2etest.Accepted(t, e2etest.Must(client.Call[client.StatusResponse](t.Context(), c.Phone, http.MethodPost, path, v))(t))
		}
	}
	e2etest.Accepted(t, e2etest.Must(client.Call[client.CommentResponse](t.Context(), c.Phone, http.MethodPost, "/douyin/comment/action/", posting))(t))
}

// difference returns the lines of after that differ from before.
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
