//go:build e2e

package e2etest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// Community is three users with some of everything, so that a request that should
// be refused has something to damage.
type Community struct {
	Phone           *client.Client
	Me, Peer, Other Account
	Video, Second   client.Video   // of Peer
	Mine, Peers     client.Comment // of Video, by Me and by Peer
	Elsewhere       client.Comment // of Second, by Me
}

// NewCommunity registers the users and fills their lists.
func NewCommunity(t testing.TB) Community {
	t.Helper()
	p := NewPhone()
	c := Community{Phone: p, Me: NewAccount(t, p), Peer: NewAccount(t, p), Other: NewAccount(t, p)}
	c.Video = Publish(t, p, c.Peer, "first", SmallVideo(t))
	c.Second = Publish(t, p, c.Peer, "second", SmallVideo(t))
	Befriend(t, p, c.Me, c.Peer)
	Follow(t, p, c.Other, c.Me, true)
	Like(t, p, c.Me, c.Second.ID, true)
	Like(t, p, c.Other, c.Video.ID, true)
	c.Mine = Comment(t, p, c.Me, c.Video.ID, "mine")
	c.Peers = Comment(t, p, c.Peer, c.Video.ID, "of the peer")
	c.Elsewhere = Comment(t, p, c.Me, c.Second.ID, "elsewhere")
	SendMessage(t, p, c.Me, c.Peer, "hello")
	SendMessage(t, p, c.Peer, c.Me, "hello yourself")
	return c
}

// State describes everything that the API shows of the community.
func (c Community) State(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	add := func(what string, shown any) { fmt.Fprintf(&out, "%s: %+v\n", what, shown) }
	for _, a := range []Account{c.Me, c.Peer, c.Other} {
		add("profile", Profile(t, c.Phone, a, c.Me.Token))
		add("follows", Follows(t, c.Phone, a, c.Me.Token))
		add("followers", Followers(t, c.Phone, a, c.Me.Token))
		add("friends", Friends(t, c.Phone, a, a.Token))
		add("liked", Liked(t, c.Phone, a.ID, c.Me.Token))
	}
	add("videos", Must(c.Phone.PublishList(t.Context(), c.Peer.ID, c.Me.Token, client.Page{}))(t))
	add("comments", Comments(t, c.Phone, c.Video.ID, c.Me.Token))
	add("comments", Comments(t, c.Phone, c.Second.ID, c.Me.Token))
	add("chat", Chat(t, c.Phone, c.Me, c.Peer, 0))
	add("chat", Chat(t, c.Phone, c.Me, c.Other, 0))
	return out.String()
}
