//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// still is a company in which nothing happens any more, so that every look at it
// has one right answer, exactly.
type still struct {
	company
	phone  *Phone
	newest int64 // create_time of the newest message from peer to me
}

func newStill(t *testing.T) still {
	t.Helper()
	c := newCompany(t)
	s := still{company: c, phone: NewPhone(baseURL(), clearWithin)}
	messages := chat(t, s.phone, c.me, c.peer, "0")
	s.newest = messages[len(messages)-1].CreateTime
	for _, look := range s.looks() {
		within(t, recovery, look.name+" is right", look.do)
	}
	return s
}

// looks are all the ways to look at it. None may show nothing where something
// is, whatever happened to the copies.
func (s still) looks() []step {
	return []step{
		{name: "feed", do: func(ctx context.Context) error {
			r, err := s.phone.Feed(ctx, "", s.me.Token)
			if err := acknowledged(r, err); err != nil {
				return err
			}
			for _, v := range r.Videos {
				if v.ID == s.video.ID {
					return s.right(v, false)
				}
				if v.ID == s.second.ID {
					return s.right(v, true)
				}
			}
			return errors.New("the videos are not in the feed")
		}},
		{name: "publish/list", do: func(ctx context.Context) error {
			r, err := s.phone.PublishList(ctx, s.peer.ID, s.me.Token)
			if err := acknowledged(r, err); err != nil {
				return err
			}
			if len(r.Videos) != 2 {
				return fmt.Errorf("%d videos", len(r.Videos))
			}
			return errors.Join(s.right(r.Videos[0], true), s.right(r.Videos[1], false))
		}},
		{name: "favorite/list", do: func(ctx context.Context) error {
			r, err := s.phone.Liked(ctx, s.me.ID, s.me.Token, Part{})
			if err := acknowledged(r, err); err != nil {
				return err
			}
			if len(r.Videos) != 1 {
				return fmt.Errorf("%d videos", len(r.Videos))
			}
			return s.right(r.Videos[0], true)
		}},
		{name: "profile", do: func(ctx context.Context) error {
			r, err := s.phone.Profile(ctx, s.peer.ID, s.me.Token)
			if err := acknowledged(r, err); err != nil {
				return err
			}
			return s.rightAuthor(r.User)
		}},
		{name: "comment/list", do: func(ctx context.Context) error {
			r, err := s.phone.Comments(ctx, s.video.ID, s.me.Token, Part{})
			if err := acknowledged(r, err); err != nil {
				return err
			}
			if len(r.Comments) != 2 || r.Comments[0].ID != s.foreign.ID || r.Comments[1].ID != s.mine.ID {
				return fmt.Errorf("comments %+v", r.Comments)
			}
			return s.rightAuthor(r.Comments[0].User)
		}},
		{name: "follower/list", do: func(ctx context.Context) error {
			r, err := s.phone.Followers(ctx, s.me.ID, s.me.Token, Part{})
			if err := acknowledged(r, err); err != nil {
				return err
			}
			if !slices.Equal(userIDs(r.Users), []int64{s.other.ID, s.peer.ID}) {
				return fmt.Errorf("followers %v", userIDs(r.Users))
			}
			return s.rightAuthor(r.Users[1])
		}},
		{name: "friend/list", do: func(ctx context.Context) error {
			r, err := s.phone.Friends(ctx, s.me.ID, s.me.Token, Part{})
			if err := acknowledged(r, err); err != nil {
				return err
			}
			if len(r.Friends) != 1 || r.Friends[0].Message != "hello yourself" || r.Friends[0].Kind != 0 {
				return fmt.Errorf("friends %+v", r.Friends)
			}
			return s.rightAuthor(r.Friends[0].User)
		}},
		{name: "poll", do: func(ctx context.Context) error {
			r, err := s.phone.Chat(ctx, s.me.Token, s.peer.ID, decimal(s.newest))
			if err := acknowledged(r, err); err != nil {
				return err
			}
			if len(r.Messages) != 0 {
				return fmt.Errorf("%v again", contents(r.Messages))
			}
			return nil
		}},
		{name: "notification/list", do: func(ctx context.Context) error {
			r, err := s.phone.Notifications(ctx, s.me.Token, Part{})
			if err := acknowledged(r, err); err != nil {
				return err
			}
			if len(r.Notifications) != 2 || r.Unread != 2 {
				return fmt.Errorf("told %+v", r)
			}
			return nil
		}},
	}
}

func (s still) right(v Video, mine bool) error {
	comments := int64(2)
	if mine {
		comments = 1
	}
	if v.FavoriteCount != 1 || v.CommentCount != comments || v.IsFavorite != mine {
		return fmt.Errorf("video %q: favorite_count %d, comment_count %d, is_favorite %t", v.Title, v.FavoriteCount, v.CommentCount, v.IsFavorite)
	}
	return s.rightAuthor(v.Author)
}

func (s still) rightAuthor(u User) error {
	if u.Name != s.peer.Name || !u.IsFollow || u.FollowCount != 1 || u.FollowerCount != 1 || u.TotalFavorited != 2 || u.WorkCount != 2 || u.FavoriteCount != 0 {
		return fmt.Errorf("user %+v", u)
	}
	return nil
}

// Redis is emptied again and again under traffic: no answer is wrong or refused,
// no write is lost, and the events that were on their way in it arrive all the
// same.
func TestFlushedRedisUnderTraffic(t *testing.T) {
	const flushes, clients, each = 10, 10, 50
	stack := theStack(t)
	s := newStill(t)
	f := newFlips(t, clients, 0)
	watch := observe(t, s.looks())
	flipping := make(chan error, 1)
	go func() { flipping <- f.run(t.Context(), each) }()
	for i := range flushes {
		from := int64(2 * clients * each * i / flushes)
		within(t, time.Minute, fmt.Sprintf("%d flips are acknowledged", from), func(context.Context) error {
			if n := f.acknowledged.Load(); n < from {
				return fmt.Errorf("%d are", n)
			}
			return nil
		})
		redisDo(t, "FLUSHALL")
	}
	if err := <-flipping; err != nil {
		t.Error(err)
	}
	failed, worked, unclear := watch.done()
	t.Logf("looks that were right: %v", worked)
	for name, n := range failed {
		t.Errorf("%s was wrong or refused %d times", name, n)
	}
	for _, u := range unclear[:min(len(unclear), 10)] {
		t.Error(u)
	}
	f.check(t)

	a := newAudience(t)
	like(t, a.phone, a.fan, a.video.ID, true)
	a.toldOf(t, recovery)
	stack.audit(t)
}
