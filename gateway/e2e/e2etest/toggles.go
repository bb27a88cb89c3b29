//go:build e2e

package e2etest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// Toggles are clients that all create and remove a like of the same video and a
// follow of its author.
type Toggles struct {
	Phone    *client.Client
	Author   Account
	Video    client.Video
	Clients  []*Toggler
	patience time.Duration // how long one change is repeated until it is acknowledged

	Acknowledged atomic.Int64 // changes so far
	Repeated     atomic.Int64 // requests that were not acknowledged
	failed       atomic.Pointer[error]
}

// Toggler is one client, with the states that were acknowledged last.
type Toggler struct {
	Account
	Likes, Follows bool
}

// NewToggles registers the clients and publishes the video. Without patience the
// first refusal is an error.
func NewToggles(t testing.TB, clients int, patience time.Duration) *Toggles {
	t.Helper()
	p := NewPhone()
	s := &Toggles{Phone: ImpatientPhone(), Author: NewAccount(t, p), patience: patience}
	s.Video = Publish(t, p, s.Author, "toggled", SmallVideo(t))
	for _, a := range NewAccounts(t, p, clients) {
		s.Clients = append(s.Clients, &Toggler{Account: a})
	}
	return s
}

// Run makes every client change its like and its follow each times.
func (s *Toggles) Run(ctx context.Context, each int) error {
	all, ctx := errgroup.WithContext(ctx)
	for i, c := range s.Clients {
		all.Go(func() error {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for n := range each {
				// One of five is a repetition, which must not change anything.
				if err := s.change(ctx, c, &c.Likes, c.Likes != (random.IntN(5) > 0), s.Phone.Like, s.Video.ID); err != nil {
					return err
				}
				if err := s.change(ctx, c, &c.Follows, c.Follows != (random.IntN(5) > 0), s.Phone.Follow, s.Author.ID); err != nil {
					return err
				}
				if n%10 == 0 {
					if err := s.readOwnWrites(ctx, c); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	err := all.Wait()
	if err != nil {
		s.failed.Store(&err)
	}
	return err
}

type action = func(ctx context.Context, token string, id int64, set bool) (client.StatusResponse, error)

// change repeats one change until it is acknowledged: a response may be lost after
// the change was made.
func (s *Toggles) change(ctx context.Context, c *Toggler, last *bool, set bool, do action, id int64) error {
	ctx, cancel := context.WithTimeout(ctx, max(s.patience, FaultTimeout))
	defer cancel()
	err := Poll(ctx, func(ctx context.Context) error {
		err := Acknowledged(do(ctx, c.Token, id, set))
		if err != nil {
			s.Repeated.Add(1)
			if s.patience == 0 {
				cancel()
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("client %d, change to %t: %w", c.ID, set, err)
	}
	*last = set
	s.Acknowledged.Add(1)
	return nil
}

// readOwnWrites checks that a client sees its own acknowledged changes. During a
// fault a read may be refused, but it must not be wrong.
func (s *Toggles) readOwnWrites(ctx context.Context, c *Toggler) error {
	list, err := s.Phone.PublishList(ctx, s.Author.ID, c.Token, client.Page{})
	if err == nil && list.Code == client.CodeOK && (len(list.Videos) != 1 || list.Videos[0].IsFavorite != c.Likes) {
		return fmt.Errorf("client %d: like %t was acknowledged, the list shows %+v", c.ID, c.Likes, list.Videos)
	}
	users, err := s.Phone.Follows(ctx, c.ID, c.Token, client.Page{})
	if err == nil && users.Code == client.CodeOK && (len(users.Users) == 1) != c.Follows {
		return fmt.Errorf("client %d: follow %t was acknowledged, the list shows %+v", c.ID, c.Follows, users.Users)
	}
	return nil
}

// WaitAcknowledged waits until n changes are acknowledged. It ends the test if Run has
// failed.
func (s *Toggles) WaitAcknowledged(t testing.TB, n int64) {
	t.Helper()
	Within(t, time.Minute, fmt.Sprintf("%d changes are acknowledged", n), func(context.Context) error {
		if err := s.failed.Load(); err != nil {
			t.Fatal(*err)
		}
		if now := s.Acknowledged.Load(); now < n {
			return fmt.Errorf("%d are", now)
		}
		return nil
	})
}

// Check compares flags, counts, lists and notifications with the acknowledged
// states. Entries that could not be invalidated during a fault expire, and an event
// that was being delivered when its consumer died is delivered again.
func (s *Toggles) Check(t testing.TB) {
	t.Helper()
	took := Within(t, Redelivery+2*Recovery, "flags, counts and lists agree with the acknowledged states", func(ctx context.Context) error {
		if err := s.checkAuthor(ctx); err != nil {
			return err
		}
		for _, c := range s.Clients {
			if err := s.checkClient(ctx, c); err != nil {
				return fmt.Errorf("client %d: %w", c.ID, err)
			}
		}
		return nil
	})
	t.Logf("%d changes acknowledged, %d requests repeated; %d likes and %d follows at the end; all agree after %s", s.Acknowledged.Load(),
		s.Repeated.Load(), len(s.expected(likes)), len(s.expected(follows)), took.Round(time.Millisecond))
}

func (s *Toggles) checkClient(ctx context.Context, c *Toggler) error {
	own, err := client.Accepted(s.Phone.Profile(ctx, c.ID, c.Token))
	if err != nil {
		return err
	}
	author, err := client.Accepted(s.Phone.Profile(ctx, s.Author.ID, c.Token))
	if err != nil {
		return err
	}
	videos, err := client.Accepted(s.Phone.Liked(ctx, c.ID, c.Token, client.Page{}))
	if err != nil {
		return err
	}
	feed, err := client.Accepted(s.Phone.Feed(ctx, 0, c.Token))
	if err != nil {
		return err
	}
	if own.User.FavoriteCount != Count01(c.Likes) || own.User.FollowCount != Count01(c.Follows) {
		return fmt.Errorf("favorite_count %d, follow_count %d", own.User.FavoriteCount, own.User.FollowCount)
	}
	if author.User.IsFollow != c.Follows {
		return fmt.Errorf("is_follow %t", author.User.IsFollow)
	}
	if int64(len(videos.Videos)) != Count01(c.Likes) {
		return fmt.Errorf("likes %d videos", len(videos.Videos))
	}
	for _, v := range feed.Videos {
		if v.ID == s.Video.ID && (v.IsFavorite != c.Likes || v.Author.IsFollow != c.Follows) {
			return errors.New("the feed shows other flags")
		}
	}
	return s.readOwnWrites(ctx, c)
}
