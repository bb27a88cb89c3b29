//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// flipper is a client that turns one like and one follow on and off, and knows
// what was acknowledged last.
type flipper struct {
	account
	likes, follows bool
}

// flips is a company of clients who all flip a like of the same video and a
// follow of its author.
type flips struct {
	phone    *Phone
	author   account
	video    Video
	clients  []*flipper
	patience time.Duration // how long one flip is repeated until it is acknowledged

	acknowledged atomic.Int64 // flips so far
	repeated     atomic.Int64 // requests that were not acknowledged
}

func newFlips(t *testing.T, clients int, patience time.Duration) *flips {
	t.Helper()
	p := newPhone()
	f := &flips{phone: NewPhone(baseURL(), clearWithin), author: newAccount(t, p), patience: patience}
	f.video = published(t, p, f.author, "flipped", smallMP4(t))
	for _, a := range crowd(t, p, clients) {
		f.clients = append(f.clients, &flipper{account: a})
	}
	return f
}

// run lets every client flip its like and its follow so many times each.
func (f *flips) run(ctx context.Context, each int) error {
	all, ctx := errgroup.WithContext(ctx)
	for i, c := range f.clients {
		all.Go(func() error {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for n := range each {
				// Now and then a repetition, which is to change nothing.
				if err := f.flip(ctx, c, &c.likes, c.likes != (random.IntN(5) > 0), f.phone.Like, f.video.ID); err != nil {
					return err
				}
				if err := f.flip(ctx, c, &c.follows, c.follows != (random.IntN(5) > 0), f.phone.Follow, f.author.ID); err != nil {
					return err
				}
				if n%10 == 0 {
					if err := f.glance(ctx, c); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	return all.Wait()
}

type act = func(ctx context.Context, token string, id int64, wanted bool) (StatusReply, error)

// flip repeats one change until it is acknowledged: the answer to a request may
// get lost after it was done.
func (f *flips) flip(ctx context.Context, c *flipper, last *bool, wanted bool, do act, id int64) error {
	patient, cancel := context.WithTimeout(ctx, max(f.patience, clearWithin))
	defer cancel()
	err := poll(patient, func(ctx context.Context) error {
		err := acknowledged(do(ctx, c.Token, id, wanted))
		if err != nil {
			f.repeated.Add(1)
			if f.patience == 0 {
				cancel()
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("client %d, flip to %t: %w", c.ID, wanted, err)
	}
	*last = wanted
	f.acknowledged.Add(1)
	return nil
}

// glance looks whether what was acknowledged is seen. A look may be refused
// while something is down, but what it shows has to be right.
func (f *flips) glance(ctx context.Context, c *flipper) error {
	list, err := f.phone.PublishList(ctx, f.author.ID, c.Token)
	if err == nil && list.StatusCode == 0 && (len(list.Videos) != 1 || list.Videos[0].IsFavorite != c.likes) {
		return fmt.Errorf("client %d likes: %t, and is shown %+v", c.ID, c.likes, list.Videos)
	}
	users, err := f.phone.Follows(ctx, c.ID, c.Token, Part{})
	if err == nil && users.StatusCode == 0 && (len(users.Users) == 1) != c.follows {
		return fmt.Errorf("client %d follows: %t, and is shown %+v", c.ID, c.follows, users.Users)
	}
	return nil
}

// expected are the clients whose like, or follow, was acknowledged last.
func (f *flips) expected(state func(*flipper) bool) []int64 {
	var out []int64
	for _, c := range f.clients {
		if state(c) {
			out = append(out, c.ID)
		}
	}
	slices.Sort(out)
	return out
}

// check compares counts, lists and flags with what was acknowledged last.
// Copies that a fault kept from being taken back, and events, may take a moment.
func (f *flips) check(t *testing.T) {
	t.Helper()
	took := within(t, 2*recovery, "flags, counts and lists agree with what was acknowledged", func(ctx context.Context) error {
		if err := f.checkAuthor(ctx); err != nil {
			return err
		}
		for _, c := range f.clients {
			if err := f.checkClient(ctx, c); err != nil {
				return fmt.Errorf("client %d: %w", c.ID, err)
			}
		}
		return nil
	})
	t.Logf("%d flips acknowledged, %d requests repeated; %d likes and %d follows at the end; all agrees after %s", f.acknowledged.Load(),
		f.repeated.Load(), len(f.expected(likes)), len(f.expected(followsAuthor)), took.Round(time.Millisecond))
}

func likes(c *flipper) bool         { return c.likes }
func followsAuthor(c *flipper) bool { return c.follows }

func (f *flips) checkAuthor(ctx context.Context) error {
	wantLikes, wantFollowers := f.expected(likes), f.expected(followsAuthor)
	list, err := f.phone.PublishList(ctx, f.author.ID, "")
	if err := acknowledged(list, err); err != nil {
		return err
	}
	author, err := f.phone.Profile(ctx, f.author.ID, "")
	if err := acknowledged(author, err); err != nil {
		return err
	}
	fans, err := f.phone.Followers(ctx, f.author.ID, "", Part{})
	if err := acknowledged(fans, err); err != nil {
		return err
	}
	told, err := f.phone.Notifications(ctx, f.author.Token, Part{Limit: 100})
	if err := acknowledged(told, err); err != nil {
		return err
	}
	if n := list.Videos[0].FavoriteCount; n != int64(len(wantLikes)) {
		return fmt.Errorf("favorite_count %d, want %d", n, len(wantLikes))
	}
	u := author.User
	if u.TotalFavorited != int64(len(wantLikes)) || u.FollowerCount != int64(len(wantFollowers)) {
		return fmt.Errorf("total_favorited %d, want %d; follower_count %d, want %d", u.TotalFavorited, len(wantLikes), u.FollowerCount, len(wantFollowers))
	}
	got := userIDs(fans.Users)
	slices.Sort(got)
	if !slices.Equal(got, wantFollowers) {
		return fmt.Errorf("followers %v, want %v", got, wantFollowers)
	}
	actors := map[string][]int64{}
	for _, n := range told.Notifications {
		actors[n.Kind] = append(actors[n.Kind], n.Actor.ID)
	}
	slices.Sort(actors["liked"])
	slices.Sort(actors["followed"])
	if !slices.Equal(actors["liked"], wantLikes) || !slices.Equal(actors["followed"], wantFollowers) {
		return fmt.Errorf("told of %v, want likes of %v and follows of %v", actors, wantLikes, wantFollowers)
	}
	return nil
}

func (f *flips) checkClient(ctx context.Context, c *flipper) error {
	own, err := f.phone.Profile(ctx, c.ID, c.Token)
	if err := acknowledged(own, err); err != nil {
		return err
	}
	author, err := f.phone.Profile(ctx, f.author.ID, c.Token)
	if err := acknowledged(author, err); err != nil {
		return err
	}
	videos, err := f.phone.Liked(ctx, c.ID, c.Token, Part{})
	if err := acknowledged(videos, err); err != nil {
		return err
	}
	if own.User.FavoriteCount != one(c.likes) || own.User.FollowCount != one(c.follows) {
		return fmt.Errorf("favorite_count %d, follow_count %d", own.User.FavoriteCount, own.User.FollowCount)
	}
	if author.User.IsFollow != c.follows {
		return fmt.Errorf("is_follow %t", author.User.IsFollow)
	}
	if len(videos.Videos) != int(one(c.likes)) {
		return fmt.Errorf("likes %d videos", len(videos.Videos))
	}
	feed, err := f.phone.Feed(ctx, "", c.Token)
	if err := acknowledged(feed, err); err != nil {
		return err
	}
	for _, v := range feed.Videos {
		if v.ID == f.video.ID && (v.IsFavorite != c.likes || v.Author.IsFollow != c.follows) {
			return errors.New("the feed shows other flags")
		}
	}
	return f.glance(ctx, c)
}

// one is how many times something that is there at most once is there.
func one(there bool) int64 {
	if there {
		return 1
	}
	return 0
}
