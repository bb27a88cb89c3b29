//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// listEndpoint is an endpoint that returns a list of a user or a video.
type listEndpoint struct {
	path, owner string // owner is the parameter with the id of the user or video
	ask         func(ctx context.Context, p *client.Client, path string, v url.Values) (client.Response, error)
}

func ask[R client.Response](ctx context.Context, p *client.Client, path string, v url.Values) (client.Response, error) {
	return client.Call[R](ctx, p, http.MethodGet, path, v)
}

func listEndpoints() []listEndpoint {
	return []listEndpoint{
		{"/douyin/favorite/list/", "user_id", ask[client.VideosResponse]},
		{"/douyin/comment/list/", "video_id", ask[client.CommentsResponse]},
		{"/douyin/relation/follow/list/", "user_id", ask[client.UsersResponse]},
		{"/douyin/relation/follower/list/", "user_id", ask[client.UsersResponse]},
		{"/douyin/relation/friend/list/", "user_id", ask[client.FriendsResponse]},
		{"/douyin/message/chat/", "to_user_id", ask[client.MessagesResponse]},
	}
}

// Malformed parameters are refused in the shape of the list. An unknown owner is
// refused or has an empty list.
func TestRefusedLists(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	for _, e := range listEndpoints() {
		for _, text := range []string{"-1", "abc", "1.5", "0x10", "+5", " 5", "9007199254740992", "9223372036854775808",
			"99999999999999999999999", "5 or 1=1", "\xff\xfe", "\x00"} {
			t.Run(e.path+" "+text, func(t *testing.T) {
				e2etest.Refused(t, e2etest.Must(e.ask(t.Context(), p, e.path, url.Values{"token": {a.Token}, e.owner: {text}}))(t))
			})
		}
		for what, id := range map[string]string{"unknown": "12345", "largest": "9007199254740991"} {
			t.Run(e.path+" "+what, func(t *testing.T) {
				r, err := e.ask(t.Context(), p, e.path, url.Values{"token": {a.Token}, e.owner: {id}})
				if n := entries(e2etest.Must(r, err)(t)); n != 0 {
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
				v.Set(e.owner, e2etest.Decimal(a.ID))
				e2etest.Refused(t, e2etest.Must(e.ask(t.Context(), p, e.path, v))(t))
			})
		}
	}
}

func entries(r client.Response) int {
	switch r := r.(type) {
	case client.VideosResponse:
		return len(r.Videos)
	case client.CommentsResponse:
		return len(r.Comments)
	case client.UsersResponse:
		return len(r.Users)
	case client.FriendsResponse:
		return len(r.Friends)
	case client.MessagesResponse:
		return len(r.Messages)
	}
	return -1
}

// Without an id the list is that of the token's user. A logged-out phone asks with an
// empty or zero user_id, and its list is empty.
func TestListsWithoutAnID(t *testing.T) {
	t.Parallel()
	c := e2etest.NewCommunity(t)
	for _, e := range listEndpoints() {
		for _, id := range []string{"", "0"} {
			guest := e2etest.Must(e.ask(t.Context(), c.Phone, e.path, url.Values{"token": {""}, e.owner: {id}}))(t)
			if n := entries(guest); n != 0 {
				t.Errorf("%s: a guest without an id gets %d entries", e.path, n)
			}
			if e.owner == "user_id" {
				own := e2etest.Must(e.ask(t.Context(), c.Phone, e.path, url.Values{"token": {c.Me.Token}, e.owner: {id}}))(t)
				named := e2etest.Must(e.ask(t.Context(), c.Phone, e.path, url.Values{"token": {c.Me.Token}, e.owner: {e2etest.Decimal(c.Me.ID)}}))(t)
				if entries(named) == 0 || !reflect.DeepEqual(own, named) {
					t.Errorf("%s: without an id %+v, with the own id %+v", e.path, own, named)
				}
			}
			if e.path == "/douyin/relation/friend/list/" || e.path == "/douyin/message/chat/" {
				e2etest.Accepted(t, guest) // the phone would show an error on each poll
			}
		}
	}
}

// Lists are public: a guest, or a phone with an invalid token, sees them without flags.
func TestListsForGuests(t *testing.T) {
	t.Parallel()
	c := e2etest.NewCommunity(t)
	tokens := badTokens(t, c.Phone)
	for what, token := range tokens {
		for _, e := range listEndpoints()[:4] {
			id := e2etest.Decimal(c.Me.ID)
			if e.owner == "video_id" {
				id = e2etest.Decimal(c.Video.ID)
			}
			r := e2etest.Must(e.ask(t.Context(), c.Phone, e.path, url.Values{"token": {token}, e.owner: {id}}))(t)
			e2etest.Accepted(t, r)
			if entries(r) == 0 {
				t.Errorf("%s, token %s: the list is empty", e.path, what)
			}
		}
	}
	for _, v := range e2etest.Liked(t, c.Phone, c.Me.ID, "") {
		if v.IsFavorite || v.Author.IsFollow {
			t.Errorf("a guest sees flags: %+v", v)
		}
	}
	for _, entry := range e2etest.Comments(t, c.Phone, c.Video.ID, "") {
		if entry.User.IsFollow {
			t.Errorf("a guest sees flags: %+v", entry)
		}
	}
}

// Each path works with and without a slash at its end, and its parameters may be in
// the query, in a form or in JSON.
func TestSocialPathsAndParameters(t *testing.T) {
	t.Parallel()
	c := e2etest.NewCommunity(t)
	p := c.Phone
	for _, e := range listEndpoints() {
		bare := strings.TrimSuffix(e.path, "/")
		id := e2etest.Decimal(c.Peer.ID)
		if e.owner == "video_id" {
			id = e2etest.Decimal(c.Video.ID)
		}
		v := url.Values{"token": {c.Me.Token}, e.owner: {id}}
		with, without := e2etest.Must(e.ask(t.Context(), p, e.path, v))(t), e2etest.Must(e.ask(t.Context(), p, bare, v))(t)
		e2etest.Accepted(t, with)
		e2etest.Accepted(t, without)
	}
	for path, v := range map[string]url.Values{
		"/douyin/favorite/action": {"video_id": {e2etest.Decimal(c.Video.ID)}, "action_type": {e2etest.ActionSet}},
		"/douyin/relation/action": {"to_user_id": {e2etest.Decimal(c.Peer.ID)}, "action_type": {e2etest.ActionSet}},
		"/douyin/comment/action":  {"video_id": {e2etest.Decimal(c.Video.ID)}, "action_type": {e2etest.ActionRemove}, "comment_id": {e2etest.Decimal(c.Mine.ID)}},
		"/douyin/message/action":  {"to_user_id": {e2etest.Decimal(c.Peer.ID)}, "action_type": {e2etest.ActionSet}, "content": {"hi"}},
	} {
		v.Set("token", c.Me.Token)
		for _, path := range []string{path, path + "/"} {
			e2etest.Accepted(t, e2etest.Must(client.Call[client.StatusResponse](t.Context(), p, http.MethodPost, path, v))(t))
			e2etest.Accepted(t, e2etest.Must(client.Send[client.StatusResponse](t.Context(), p, http.MethodPost, path, nil, "application/x-www-form-urlencoded", strings.NewReader(v.Encode())))(t))
			e2etest.Accepted(t, e2etest.Must(client.Send[client.StatusResponse](t.Context(), p, http.MethodPost, path, v, "application/x-www-form-urlencoded", strings.NewReader(v.Encode())))(t))
			e2etest.Accepted(t, e2etest.Must(client.Send[client.StatusResponse](t.Context(), p, http.MethodPost, path, v, "application/json", strings.NewReader("")))(t))
			body := `{"token":"` + c.Me.Token + `"`
			for name := range v {
				if name != "token" {
					body += `,"` + name + `":` + jsonValue(v.Get(name))
				}
			}
			e2etest.Accepted(t, e2etest.Must(client.Send[client.StatusResponse](t.Context(), p, http.MethodPost, path, nil, "application/json", strings.NewReader(body+"}")))(t))
			e2etest.Refused(t, e2etest.Must(client.Call[client.AnyResponse](t.Context(), p, http.MethodGet, path, v))(t))
		}
	}
	for _, e := range listEndpoints() {
		e2etest.Refused(t, e2etest.Must(client.Call[client.AnyResponse](t.Context(), p, http.MethodPost, e.path, url.Values{"token": {c.Me.Token}}))(t))
	}
}

// jsonValue writes digits as a number and other texts as a string.
func jsonValue(text string) string {
	if strings.Trim(text, "0123456789") == "" {
		return text
	}
	return `"` + text + `"`
}
