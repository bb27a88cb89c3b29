//go:build e2e

package e2etest

import (
	"context"
	"fmt"
	"slices"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

func likes(c *Toggler) bool { return c.Likes }

func follows(c *Toggler) bool { return c.Follows }

// expected returns the ids of the clients whose last acknowledged state is set.
func (s *Toggles) expected(state func(*Toggler) bool) []int64 {
	var out []int64
	for _, c := range s.Clients {
		if state(c) {
			out = append(out, c.ID)
		}
	}
	slices.Sort(out)
	return out
}

// checkAuthor checks counts, followers and notifications of the author.
func (s *Toggles) checkAuthor(ctx context.Context) error {
	wantLikes, wantFollowers := s.expected(likes), s.expected(follows)
	list, err := client.Accepted(s.Phone.PublishList(ctx, s.Author.ID, "", client.Page{}))
	if err != nil {
		return err
	}
	author, err := client.Accepted(s.Phone.Profile(ctx, s.Author.ID, ""))
	if err != nil {
		return err
	}
	fans, err := client.Accepted(s.Phone.Followers(ctx, s.Author.ID, "", client.Page{}))
	if err != nil {
		return err
	}
	activity, err := client.Accepted(s.Phone.Notifications(ctx, s.Author.Token, client.Page{Limit: 100}))
	if err != nil {
		return err
	}
	if n := list.Videos[0].FavoriteCount; n != int64(len(wantLikes)) {
		return fmt.Errorf("favorite_count %d, want %d", n, len(wantLikes))
	}
	u := author.User
	if u.TotalFavorited != int64(len(wantLikes)) || u.FollowerCount != int64(len(wantFollowers)) {
		return fmt.Errorf("total_favorited %d, want %d; follower_count %d, want %d", u.TotalFavorited, len(wantLikes), u.FollowerCount, len(wantFollowers))
	}
	got := UserIDs(fans.Users)
	slices.Sort(got)
	if !slices.Equal(got, wantFollowers) {
		return fmt.Errorf("followers %v, want %v", got, wantFollowers)
	}
	actors := map[client.NotificationKind][]int64{}
	for _, n := range activity.Notifications {
		actors[n.Kind] = append(actors[n.Kind], n.Actor.ID)
	}
	slices.Sort(actors[client.KindLiked])
	slices.Sort(actors[client.KindFollowed])
	if !slices.Equal(actors[client.KindLiked], wantLikes) || !slices.Equal(actors[client.KindFollowed], wantFollowers) {
		return fmt.Errorf("notifications of %v, want likes of %v and follows of %v", actors, wantLikes, wantFollowers)
	}
	return nil
}
