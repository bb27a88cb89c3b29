//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// listEndpoint is an endpoint that answers with a list of something of somebody,
// with the parameter that says whose.
type listEndpoint struct {
	path, whose string
	ask         func(ctx context.Context, p *Phone, path string, v url.Values) (reply, error)
}

func ask[R reply](ctx context.Context, p *Phone, path string, v url.Values) (reply, error) {
	return call[R](ctx, p, http.MethodGet, path, v)
}

func listEndpoints() []listEndpoint {
	return []listEndpoint{
		{"/douyin/favorite/list/", "user_id", ask[LikedReply]},
		{"/douyin/comment/list/", "video_id", ask[CommentsReply]},
		{"/douyin/relation/follow/list/", "user_id", ask[UsersReply]},
		{"/douyin/relation/follower/list/", "user_id", ask[UsersReply]},
		{"/douyin/relation/friend/list/", "user_id", ask[FriendsReply]},
		{"/douyin/message/chat/", "to_user_id", ask[MessagesReply]},
	}
}

// What cannot be read is refused in the shape of the list; what nobody knows of
// has none or is refused.
func TestRefusedLists(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	for _, e := range listEndpoints() {
		for _, text := range []string{"-1", "abc", "1.5", "0x10", "+5", " 5", "9007199254740992", "9223372036854775808",
			"99999999999999999999999", "5 or 1=1", "\xff\xfe", "\x00"} {
			t.Run(e.path+" "+text, func(t *testing.T) {
				refused(t, must(e.ask(t.Context(), p, e.path, url.Values{"token": {a.Token}, e.whose: {text}}))(t))
			})
		}
		for what, id := range map[string]string{"unknown": "12345", "largest": "9007199254740991"} {
			t.Run(e.path+" "+what, func(t *testing.T) {
				r, err := e.ask(t.Context(), p, e.path, url.Values{"token": {a.Token}, e.whose: {id}})
				if n := entries(must(r, err)(t)); n != 0 {
					t.Errorf("%d entries", n)
				}
			})
		}
		if e.path == "/douyin/message/chat/" {
			continue
		}
		for what, v := range map[string]url.Values{
			"cursor nonsense":  {"cursor": {"nonsense"}},
			"cursor negative":  {"cursor": {"-1"}},
			"cursor too large": {"cursor": {"99999999999999999999"}},
			"cursor SQL":       {"cursor": {"1-1' OR '1'='1"}},
			"cursor binary":    {"cursor": {"\xff"}},
			"limit negative":   {"limit": {"-1"}},
			"limit nonsense":   {"limit": {"many"}},
			"limit too large":  {"limit": {"1001"}},
			"limit overflows":  {"limit": {"99999999999999999999"}},
			"limit of int32":   {"limit": {"4294967297"}},
		} {
			t.Run(e.path+" "+what, func(t *testing.T) {
				v.Set("token", a.Token)
				v.Set(e.whose, decimal(a.ID))
				refused(t, must(e.ask(t.Context(), p, e.path, v))(t))
			})
		}
	}
}

func entries(r reply) int {
	switch r := r.(type) {
	case LikedReply:
		return len(r.Videos)
	case CommentsReply:
		return len(r.Comments)
	case UsersReply:
		return len(r.Users)
	case FriendsReply:
		return len(r.Friends)
	case MessagesReply:
		return len(r.Messages)
	}
	return -1
}

// Without an id the list is the token's user's, and a guest without one has
// none to see: a logged-out phone asks with an empty or zero user_id.
func TestListsWithoutAnID(t *testing.T) {
	c := newCompany(t)
	for _, e := range listEndpoints() {
		for _, id := range []string{"", "0"} {
			guest := must(e.ask(t.Context(), c.phone, e.path, url.Values{"token": {""}, e.whose: {id}}))(t)
			if n := entries(guest); n != 0 {
				t.Errorf("%s: a guest without an id sees %d entries", e.path, n)
			}
			if e.whose == "user_id" {
				own := must(e.ask(t.Context(), c.phone, e.path, url.Values{"token": {c.me.Token}, e.whose: {id}}))(t)
				named := must(e.ask(t.Context(), c.phone, e.path, url.Values{"token": {c.me.Token}, e.whose: {decimal(c.me.ID)}}))(t)
				if entries(named) == 0 || !reflect.DeepEqual(own, named) {
					t.Errorf("%s: without an id %+v, with one's own %+v", e.path, own, named)
				}
			}
			if e.path == "/douyin/relation/friend/list/" || e.path == "/douyin/message/chat/" {
				accepted(t, guest) // an error would show on each poll
			}
		}
	}
}

// Reading is public: a guest and a phone with a token that went bad see what
// everybody sees.
func TestListsForGuests(t *testing.T) {
	c := newCompany(t)
	tokens := badTokens(t, c.phone)
	for what, token := range tokens {
		for _, e := range listEndpoints()[:4] {
			id := decimal(c.me.ID)
			if e.whose == "video_id" {
				id = decimal(c.video.ID)
			}
			r := must(e.ask(t.Context(), c.phone, e.path, url.Values{"token": {token}, e.whose: {id}}))(t)
			accepted(t, r)
			if entries(r) == 0 {
				t.Errorf("%s, token %s: nothing to see", e.path, what)
			}
		}
	}
	for _, v := range liked(t, c.phone, c.me.ID, "") {
		if v.IsFavorite || v.Author.IsFollow {
			t.Errorf("a guest sees flags: %+v", v)
		}
	}
	for _, entry := range comments(t, c.phone, c.video.ID, "") {
		if entry.User.IsFollow {
			t.Errorf("a guest sees flags: %+v", entry)
		}
	}
}

// Every path is there with and without the slash at its end, and its parameters
// count in the query, in a form and in JSON.
func TestSocialPathsAndPlacesOfParameters(t *testing.T) {
	c := newCompany(t)
	p := c.phone
	for _, e := range listEndpoints() {
		bare := strings.TrimSuffix(e.path, "/")
		id := decimal(c.peer.ID)
		if e.whose == "video_id" {
			id = decimal(c.video.ID)
		}
		v := url.Values{"token": {c.me.Token}, e.whose: {id}}
		with, without := must(e.ask(t.Context(), p, e.path, v))(t), must(e.ask(t.Context(), p, bare, v))(t)
		accepted(t, with)
		accepted(t, without)
	}
	for path, v := range map[string]url.Values{
		"/douyin/favorite/action": {"video_id": {decimal(c.video.ID)}, "action_type": {on}},
		"/douyin/relation/action": {"to_user_id": {decimal(c.peer.ID)}, "action_type": {on}},
		"/douyin/comment/action":  {"video_id": {decimal(c.video.ID)}, "action_type": {off}, "comment_id": {decimal(c.mine.ID)}},
		"/douyin/message/action":  {"to_user_id": {decimal(c.peer.ID)}, "action_type": {on}, "content": {"hi"}},
	} {
		v.Set("token", c.me.Token)
		for _, path := range []string{path, path + "/"} {
			accepted(t, must(call[StatusReply](t.Context(), p, http.MethodPost, path, v))(t))
			accepted(t, must(send[StatusReply](t.Context(), p, http.MethodPost, path, nil, "application/x-www-form-urlencoded", strings.NewReader(v.Encode())))(t))
			accepted(t, must(send[StatusReply](t.Context(), p, http.MethodPost, path, v, "application/x-www-form-urlencoded", strings.NewReader(v.Encode())))(t))
			accepted(t, must(send[StatusReply](t.Context(), p, http.MethodPost, path, v, "application/json", strings.NewReader("")))(t))
			body := `{"token":"` + c.me.Token + `"`
			for name := range v {
				if name != "token" {
					body += `,"` + name + `":` + jsonValue(v.Get(name))
				}
			}
			accepted(t, must(send[StatusReply](t.Context(), p, http.MethodPost, path, nil, "application/json", strings.NewReader(body+"}")))(t))
			refused(t, must(call[looseReply](t.Context(), p, http.MethodGet, path, v))(t))
		}
	}
	for _, e := range listEndpoints() {
		refused(t, must(call[looseReply](t.Context(), p, http.MethodPost, e.path, url.Values{"token": {c.me.Token}}))(t))
	}
}

// jsonValue is a number where the text is one.
func jsonValue(text string) string {
	if strings.Trim(text, "0123456789") == "" {
		return text
	}
	return `"` + text + `"`
}
