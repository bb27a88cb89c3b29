//go:build e2e

package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// quiet is a community in which nothing changes any more, so that every read has
// exactly one right response.
type quiet struct {
	e2etest.Community
	phone  *client.Client
	newest int64 // create_time of the newest message from Peer to Me
}

func newQuiet(t *testing.T) quiet {
	t.Helper()
	c := e2etest.NewCommunity(t)
	q := quiet{Community: c, phone: e2etest.ImpatientPhone()}
	messages := e2etest.Chat(t, q.phone, c.Me, c.Peer, 0)
	q.newest = messages[len(messages)-1].CreateTime
	for _, read := range q.reads() {
		e2etest.Within(t, e2etest.Recovery, read.Name+" is right", read.Do)
	}
	return q
}

// reads returns all kinds of reads, each with a check of its response.
func (q quiet) reads() []e2etest.Step {
	me := q.Me.Token
	return []e2etest.Step{
		{Name: "feed", Do: func(ctx context.Context) error {
			r, err := client.Accepted(q.phone.Feed(ctx, 0, me))
			if err != nil {
				return err
			}
			for _, v := range r.Videos {
				if v.ID == q.Video.ID {
					return q.checkVideo(v, false)
				}
				if v.ID == q.Second.ID {
					return q.checkVideo(v, true)
				}
			}
			return errors.New("the videos are not in the feed")
		}},
		{Name: "publish/list", Do: func(ctx context.Context) error {
			r, err := client.Accepted(q.phone.PublishList(ctx, q.Peer.ID, me, client.Page{}))
			if err != nil {
				return err
			}
			if len(r.Videos) != 2 {
				return fmt.Errorf("%d videos", len(r.Videos))
			}
			return errors.Join(q.checkVideo(r.Videos[0], true), q.checkVideo(r.Videos[1], false))
		}},
		{Name: "favorite/list", Do: func(ctx context.Context) error {
			r, err := client.Accepted(q.phone.Liked(ctx, q.Me.ID, me, client.Page{}))
			if err != nil {
				return err
			}
			if len(r.Videos) != 1 {
				return fmt.Errorf("%d videos", len(r.Videos))
			}
			return q.checkVideo(r.Videos[0], true)
		}},
		{Name: "profile", Do: func(ctx context.Context) error {
			r, err := client.Accepted(q.phone.Profile(ctx, q.Peer.ID, me))
			if err != nil {
				return err
			}
			return q.checkPeer(r.User)
		}},
		{Name: "comment/list", Do: func(ctx context.Context) error {
			r, err := client.Accepted(q.phone.Comments(ctx, q.Video.ID, me, client.Page{}))
			if err != nil {
				return err
			}
			if len(r.Comments) != 2 || r.Comments[0].ID != q.Peers.ID || r.Comments[1].ID != q.Mine.ID {
				return fmt.Errorf("comments %+v", r.Comments)
			}
			return q.checkPeer(r.Comments[0].User)
		}},
		{Name: "follower/list", Do: func(ctx context.Context) error {
			r, err := client.Accepted(q.phone.Followers(ctx, q.Me.ID, me, client.Page{}))
			if err != nil {
				return err
			}
			if ids := e2etest.UserIDs(r.Users); !slices.Equal(ids, []int64{q.Other.ID, q.Peer.ID}) {
				return fmt.Errorf("followers %v", ids)
			}
			return q.checkPeer(r.Users[1])
		}},
		{Name: "friend/list", Do: func(ctx context.Context) error {
			r, err := client.Accepted(q.phone.Friends(ctx, q.Me.ID, me, client.Page{}))
			if err != nil {
				return err
			}
			if len(r.Friends) != 1 || r.Friends[0].Message != "hello yourself" || r.Friends[0].Kind != 0 {
				return fmt.Errorf("friends %+v", r.Friends)
			}
			return q.checkPeer(r.Friends[0].User)
		}},
		{Name: "chat poll", Do: func(ctx context.Context) error {
			r, err := client.Accepted(q.phone.Chat(ctx, me, q.Peer.ID, q.newest))
			if err == nil && len(r.Messages) != 0 {
				err = fmt.Errorf("%v delivered again", e2etest.Contents(r.Messages))
			}
			return err
		}},
		{Name: "notification/list", Do: func(ctx context.Context) error {
			r, err := client.Accepted(q.phone.Notifications(ctx, me, client.Page{}))
			if err == nil && (len(r.Notifications) != 2 || r.Unread != 2) {
				err = fmt.Errorf("notifications %+v", r)
			}
			return err
		}},
	}
}

// checkVideo checks a video of Peer; liked is that of Me.
func (q quiet) checkVideo(v client.Video, liked bool) error {
	comments := int64(2)
	if liked {
		comments = 1
	}
	if v.FavoriteCount != 1 || v.CommentCount != comments || v.IsFavorite != liked {
		return fmt.Errorf("video %q: favorite_count %d, comment_count %d, is_favorite %t", v.Title, v.FavoriteCount, v.CommentCount, v.IsFavorite)
	}
	return q.checkPeer(v.Author)
}

func (q quiet) checkPeer(u client.User) error {
	if u.Name != q.Peer.Name || !u.IsFollow || u.FollowCount != 1 || u.FollowerCount != 1 || u.TotalFavorited != 2 || u.WorkCount != 2 || u.FavoriteCount != 0 {
		return fmt.Errorf("user %+v", u)
	}
	return nil
}

// Redis is flushed again and again during traffic: no response is wrong or refused,
// no write is lost, and the events that Redis held are published again.
func TestFlushedRedisDuringTraffic(t *testing.T) {
	const flushes, clients, each = 10, 10, 50
	stack := breakable(t)
	q := newQuiet(t)
	s := e2etest.NewToggles(t, clients, 0)
	watch := observe(t, q.reads())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(t.Context(), each) }()
	for i := range flushes {
		s.WaitAcknowledged(t, int64(2*clients*each*i/flushes))
		e2etest.Redis(t, "FLUSHALL")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	failed, worked, unclear := watch.done()
	t.Logf("right responses: %v", worked)
	for name, n := range failed {
		t.Errorf("%s was wrong or refused %d times", name, n)
	}
	for _, failure := range unclear[:min(len(unclear), 10)] {
		t.Error(failure)
	}
	s.Check(t)

	a := newAudience(t)
	e2etest.Like(t, a.phone, a.fan, a.video.ID, true)
	a.waitNotified(t, e2etest.Recovery)
	stack.Audit(t)
}
