//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"
)

// together does something for all users at the same moment.
func together(t *testing.T, users []account, do func(a account) error) {
	t.Helper()
	var group errgroup.Group
	start := make(chan struct{})
	for _, a := range users {
		group.Go(func() error {
			<-start
			return do(a)
		})
	}
	close(start)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Fifty clients, each of them twice, like and follow at once: fifty it is.
func TestFiftyLikesAndFollowsAtOnce(t *testing.T) {
	p := newPhone()
	author := newAccount(t, p)
	video := published(t, p, author, "fifty", smallMP4(t))
	users := crowd(t, p, 50)
	twice := append(append([]account{}, users...), users...)
	for _, wanted := range []bool{true, false, true} {
		together(t, twice, func(a account) error {
			if err := acknowledged(p.Like(t.Context(), a.Token, video.ID, wanted)); err != nil {
				return err
			}
			return acknowledged(p.Follow(t.Context(), a.Token, author.ID, wanted))
		})
		want := 50 * one(wanted)
		if n := shown(t, p, author, video.ID, "").FavoriteCount; n != want {
			t.Errorf("favorite_count %d, want %d", n, want)
		}
		if u := profile(t, p, author, ""); u.TotalFavorited != want || u.FollowerCount != want {
			t.Errorf("total_favorited %d, follower_count %d, want %d", u.TotalFavorited, u.FollowerCount, want)
		}
		if n := len(followers(t, p, author, "")); int64(n) != want {
			t.Errorf("%d in the list of followers, want %d", n, want)
		}
		atOnce(t, len(users), func(i int) error {
			u, err := p.Profile(t.Context(), users[i].ID, "")
			if err := acknowledged(u, err); err != nil {
				return err
			}
			if u.User.FavoriteCount != one(wanted) || u.User.FollowCount != one(wanted) {
				return fmt.Errorf("user %d: favorite_count %d, follow_count %d", users[i].ID, u.User.FavoriteCount, u.User.FollowCount)
			}
			return nil
		})
	}
}

// Fifty comments at once are fifty comments, and half of them deleted by ten
// requests each leave the other half.
func TestFiftyCommentsAtOnce(t *testing.T) {
	p := newPhone()
	author := newAccount(t, p)
	video := published(t, p, author, "fifty", smallMP4(t))
	users := crowd(t, p, 50)
	together(t, users, func(a account) error {
		return acknowledged(p.Comment(t.Context(), a.Token, video.ID, fmt.Sprint(a.ID)))
	})
	list := comments(t, p, video.ID, "")
	if n := shown(t, p, author, video.ID, "").CommentCount; len(list) != 50 || n != 50 {
		t.Fatalf("%d comments, comment_count %d", len(list), n)
	}
	byWriter := map[int64]int64{}
	for _, c := range list {
		if c.Content != fmt.Sprint(c.User.ID) {
			t.Errorf("%q is shown as written by %d", c.Content, c.User.ID)
		}
		byWriter[c.User.ID] = c.ID
	}
	var deleting []account
	for _, a := range users[:25] {
		for range 10 {
			deleting = append(deleting, a)
		}
	}
	together(t, deleting, func(a account) error {
		return acknowledged(p.Uncomment(t.Context(), a.Token, video.ID, byWriter[a.ID]))
	})
	left := comments(t, p, video.ID, "")
	if n := shown(t, p, author, video.ID, "").CommentCount; len(left) != 25 || n != 25 {
		t.Errorf("%d comments left, comment_count %d", len(left), n)
	}
}

// Twenty clients flip one like and one follow a thousand times each: at the end
// all that can be seen agrees with what was acknowledged last.
func TestFlipsOfTwentyClients(t *testing.T) {
	f := newFlips(t, 20, 0)
	if err := f.run(t.Context(), 50); err != nil {
		t.Fatal(err)
	}
	f.check(t)
}

// One user on twenty phones flips one like and one follow at once. Whatever the
// order was, there is one like or none, and the next acknowledged one decides.
func TestOneUserOnTwentyPhones(t *testing.T) {
	f := newFlips(t, 1, 0)
	c := f.clients[0]
	phones := make([]account, 20)
	for i := range phones {
		phones[i] = c.account
	}
	for _, wanted := range []bool{true, false} {
		together(t, phones, func(a account) error {
			for i := range 10 {
				if err := acknowledged(f.phone.Like(t.Context(), a.Token, f.video.ID, i%2 == 0)); err != nil {
					return err
				}
				if err := acknowledged(f.phone.Follow(t.Context(), a.Token, f.author.ID, i%2 == 0)); err != nil {
					return err
				}
			}
			return nil
		})
		c.likes = shown(t, f.phone, f.author, f.video.ID, c.Token).IsFavorite
		c.follows = profile(t, f.phone, f.author, c.Token).IsFollow
		f.check(t)
		like(t, f.phone, c.account, f.video.ID, wanted)
		follow(t, f.phone, c.account, f.author, wanted)
		c.likes, c.follows = wanted, wanted
		f.check(t)
	}
}

// Two users who follow each other, and like each other's videos, at the same
// moment do not stand in each other's way.
func TestMutualFollowsAndLikesAtOnce(t *testing.T) {
	p := newPhone()
	users := crowd(t, p, 10)
	videos := make([]int64, len(users))
	atOnce(t, len(users), func(i int) (err error) {
		videos[i], err = publishedID(t.Context(), p, users[i], smallMP4(t))
		return err
	})
	together(t, users, func(a account) error {
		for i, b := range users {
			if b.ID == a.ID {
				continue
			}
			if err := acknowledged(p.Follow(t.Context(), a.Token, b.ID, true)); err != nil {
				return err
			}
			if err := acknowledged(p.Like(t.Context(), a.Token, videos[i], true)); err != nil {
				return err
			}
		}
		return nil
	})
	n := int64(len(users) - 1)
	for _, a := range users {
		if u := profile(t, p, a, ""); u.FollowCount != n || u.FollowerCount != n || u.TotalFavorited != n || u.FavoriteCount != n {
			t.Errorf("%+v, want %d of everything", u, n)
		}
		if list := friends(t, p, a, a.Token); int64(len(list)) != n {
			t.Errorf("%d friends of %d", len(list), n)
		}
	}
}
