//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// simultaneously calls do for all users at the same moment.
func simultaneously(t *testing.T, users []e2etest.Account, do func(a e2etest.Account) error) {
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

// Fifty users like and follow at the same moment, each of them twice: the counts are
// fifty.
func TestFiftyLikesAndFollowsAtOnce(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author := e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, author, "fifty", e2etest.SmallVideo(t))
	users := e2etest.NewAccounts(t, p, 50)
	twice := append(append([]e2etest.Account{}, users...), users...)
	for _, wanted := range []bool{true, false, true} {
		simultaneously(t, twice, func(a e2etest.Account) error {
			if err := e2etest.Repeated(t.Context(), p.Like, a.Token, video.ID, wanted); err != nil {
				return err
			}
			return e2etest.Repeated(t.Context(), p.Follow, a.Token, author.ID, wanted)
		})
		want := 50 * e2etest.Count01(wanted)
		if n := e2etest.ListedVideo(t, p, author, video.ID, "").FavoriteCount; n != want {
			t.Errorf("favorite_count %d, want %d", n, want)
		}
		if u := e2etest.Profile(t, p, author, ""); u.TotalFavorited != want || u.FollowerCount != want {
			t.Errorf("total_favorited %d, follower_count %d, want %d", u.TotalFavorited, u.FollowerCount, want)
		}
		if n := len(e2etest.Followers(t, p, author, "")); int64(n) != want {
			t.Errorf("%d followers listed, want %d", n, want)
		}
		e2etest.InParallel(t, len(users), func(i int) error {
			u, err := p.Profile(t.Context(), users[i].ID, "")
			if err := e2etest.Acknowledged(u, err); err != nil {
				return err
			}
			if u.User.FavoriteCount != e2etest.Count01(wanted) || u.User.FollowCount != e2etest.Count01(wanted) {
				return fmt.Errorf("user %d: favorite_count %d, follow_count %d", users[i].ID, u.User.FavoriteCount, u.User.FollowCount)
			}
			return nil
		})
	}
}

// Fifty comments at the same moment are all posted. Half of them are deleted, by ten
// requests each, and the other half is left.
func TestFiftyCommentsAtOnce(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author := e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, author, "fifty", e2etest.SmallVideo(t))
	users := e2etest.NewAccounts(t, p, 50)
	simultaneously(t, users, func(a e2etest.Account) error {
		return e2etest.Acknowledged(p.PostComment(t.Context(), a.Token, video.ID, fmt.Sprint(a.ID), ""))
	})
	list := e2etest.Comments(t, p, video.ID, "")
	if n := e2etest.ListedVideo(t, p, author, video.ID, "").CommentCount; len(list) != 50 || n != 50 {
		t.Fatalf("%d comments, comment_count %d", len(list), n)
	}
	byWriter := map[int64]int64{}
	for _, c := range list {
		if c.Content != fmt.Sprint(c.User.ID) {
			t.Errorf("comment %q has the writer %d", c.Content, c.User.ID)
		}
		byWriter[c.User.ID] = c.ID
	}
	var deleting []e2etest.Account
	for _, a := range users[:25] {
		for range 10 {
			deleting = append(deleting, a)
		}
	}
	simultaneously(t, deleting, func(a e2etest.Account) error {
		return e2etest.Acknowledged(p.DeleteComment(t.Context(), a.Token, video.ID, byWriter[a.ID]))
	})
	left := e2etest.Comments(t, p, video.ID, "")
	if n := e2etest.ListedVideo(t, p, author, video.ID, "").CommentCount; len(left) != 25 || n != 25 {
		t.Errorf("%d comments left, comment_count %d", len(left), n)
	}
}

// Twenty clients create and remove a like and a follow, fifty times each. At the end
// everything agrees with the acknowledged states.
func TestTogglesOfTwentyClients(t *testing.T) {
	t.Parallel()
	f := e2etest.NewToggles(t, 20, 0)
	if err := f.Run(t.Context(), 50); err != nil {
		t.Fatal(err)
	}
	f.Check(t)
}

// One user creates and removes a like and a follow on twenty phones at once. In any
// order there is one like or none afterwards, and the next change is the final one.
func TestOneUserOnTwentyPhones(t *testing.T) {
	t.Parallel()
	f := e2etest.NewToggles(t, 1, 0)
	c := f.Clients[0]
	phones := make([]e2etest.Account, 20)
	for i := range phones {
		phones[i] = c.Account
	}
	for _, wanted := range []bool{true, false} {
		simultaneously(t, phones, func(a e2etest.Account) error {
			for i := range 10 {
				if err := e2etest.Repeated(t.Context(), f.Phone.Like, a.Token, f.Video.ID, i%2 == 0); err != nil {
					return err
				}
				if err := e2etest.Repeated(t.Context(), f.Phone.Follow, a.Token, f.Author.ID, i%2 == 0); err != nil {
					return err
				}
			}
			return nil
		})
		c.Likes = e2etest.ListedVideo(t, f.Phone, f.Author, f.Video.ID, c.Token).IsFavorite
		c.Follows = e2etest.Profile(t, f.Phone, f.Author, c.Token).IsFollow
		f.Check(t)
		e2etest.Like(t, f.Phone, c.Account, f.Video.ID, wanted)
		e2etest.Follow(t, f.Phone, c.Account, f.Author, wanted)
		c.Likes, c.Follows = wanted, wanted
		f.Check(t)
	}
}

// Users who follow each other and like each other's videos at the same moment do not
// block each other.
func TestMutualFollowsAndLikesAtOnce(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	users := e2etest.NewAccounts(t, p, 10)
	videos := make([]int64, len(users))
	e2etest.InParallel(t, len(users), func(i int) (err error) {
		videos[i], err = e2etest.PublishID(t.Context(), p, users[i], e2etest.SmallVideo(t))
		return err
	})
	simultaneously(t, users, func(a e2etest.Account) error {
		for i, b := range users {
			if b.ID == a.ID {
				continue
			}
			if err := e2etest.Repeated(t.Context(), p.Follow, a.Token, b.ID, true); err != nil {
				return err
			}
			if err := e2etest.Repeated(t.Context(), p.Like, a.Token, videos[i], true); err != nil {
				return err
			}
		}
		return nil
	})
	n := int64(len(users) - 1)
	for _, a := range users {
		if u := e2etest.Profile(t, p, a, ""); u.FollowCount != n || u.FollowerCount != n || u.TotalFavorited != n || u.FavoriteCount != n {
			t.Errorf("%+v, want %d of each count", u, n)
		}
		if list := e2etest.Friends(t, p, a, a.Token); int64(len(list)) != n {
			t.Errorf("%d friends of %d", len(list), n)
		}
	}
}
