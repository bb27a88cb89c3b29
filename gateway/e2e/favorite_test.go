//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// A like shows at once: to everybody as a count, to the user as a flag. A repetition
// is accepted and changes nothing, since the client repeats likes.
func TestLikeChangesCountsAndFlagsOnce(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author, fan, viewer := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, author, "to be liked", e2etest.SmallVideo(t))

	check := func(when string, likes int64) {
		t.Helper()
		for who, token := range map[string]string{"fan": fan.Token, "viewer": viewer.Token, "author": author.Token, "guest": ""} {
			v := e2etest.ListedVideo(t, p, author, video.ID, token)
			if v.FavoriteCount != likes || v.IsFavorite != (who == "fan" && likes > 0) {
				t.Errorf("%s: the %s sees favorite_count %d, is_favorite %t", when, who, v.FavoriteCount, v.IsFavorite)
			}
			if v.Author.TotalFavorited != likes {
				t.Errorf("%s: the %s sees total_favorited %d beside the video", when, who, v.Author.TotalFavorited)
			}
			if got := e2etest.Profile(t, p, author, token).TotalFavorited; got != likes {
				t.Errorf("%s: the %s sees total_favorited %d", when, who, got)
			}
			if got := e2etest.Profile(t, p, fan, token).FavoriteCount; got != likes {
				t.Errorf("%s: the %s sees favorite_count %d of the fan", when, who, got)
			}
			if got := e2etest.Liked(t, p, fan.ID, token); int64(len(got)) != likes {
				t.Errorf("%s: the %s sees %d videos in the fan's list", when, who, len(got))
			}
		}
	}
	check("before", 0)
	for range 3 {
		e2etest.Like(t, p, fan, video.ID, true)
		check("liked", 1)
	}
	e2etest.Like(t, p, viewer, video.ID, false) // there was none
	check("another's unlike", 1)
	for range 3 {
		e2etest.Like(t, p, fan, video.ID, false)
		check("unliked", 0)
	}
	e2etest.Like(t, p, fan, video.ID, true)
	check("liked again", 1)
}

func TestLikeOfOnesOwnVideo(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, a, "mine", e2etest.SmallVideo(t))
	e2etest.Like(t, p, a, video.ID, true)
	if u := e2etest.Profile(t, p, a, a.Token); u.TotalFavorited != 1 || u.FavoriteCount != 1 || u.IsFollow {
		t.Errorf("after liking an own video: %+v", u)
	}
	if v := e2etest.ListedVideo(t, p, a, video.ID, a.Token); !v.IsFavorite || v.FavoriteCount != 1 {
		t.Errorf("own video: %+v", v)
	}
	e2etest.Like(t, p, a, video.ID, false)
	if u := e2etest.Profile(t, p, a, a.Token); u.TotalFavorited != 0 || u.FavoriteCount != 0 {
		t.Errorf("after the unlike: %+v", u)
	}
}

// The most recent like is first. Repeating a like does not move it.
func TestFavoriteListShowsTheMostRecentLikeFirst(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author, fan := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	var videos []client.Video
	for _, title := range []string{"one", "two", "three"} {
		videos = append(videos, e2etest.Publish(t, p, author, title, e2etest.SmallVideo(t)))
	}
	check := func(when string, want ...string) {
		t.Helper()
		var titles []string
		for _, v := range e2etest.Liked(t, p, fan.ID, fan.Token) {
			titles = append(titles, v.Title)
		}
		if !slices.Equal(titles, want) {
			t.Errorf("%s: %v, want %v", when, titles, want)
		}
	}
	for _, i := range []int{1, 0, 2} {
		e2etest.Like(t, p, fan, videos[i].ID, true)
	}
	check("liked", "three", "one", "two")
	e2etest.Like(t, p, fan, videos[1].ID, true)
	check("repeated", "three", "one", "two")
	e2etest.Like(t, p, fan, videos[0].ID, false)
	check("one unliked", "three", "two")
	e2etest.Like(t, p, fan, videos[0].ID, true)
	check("liked again", "one", "three", "two")
}

// The list is that of the requested user, the flags are those of the viewer.
func TestFavoriteListOfOneUserAsAnotherSeesIt(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author, fan, viewer := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	first := e2etest.Publish(t, p, author, "first", e2etest.SmallVideo(t))
	second := e2etest.Publish(t, p, author, "second", e2etest.SmallVideo(t))
	e2etest.Like(t, p, fan, first.ID, true)
	e2etest.Like(t, p, fan, second.ID, true)
	e2etest.Like(t, p, viewer, first.ID, true)
	e2etest.Follow(t, p, viewer, author, true)
	e2etest.Comment(t, p, viewer, second.ID, "hello")

	for who, c := range map[string]struct {
		token        string
		likes        []int64
		followAuthor bool
	}{
		"fan":    {fan.Token, []int64{first.ID, second.ID}, false},
		"viewer": {viewer.Token, []int64{first.ID}, true},
		"guest":  {"", nil, false},
	} {
		list := e2etest.Liked(t, p, fan.ID, c.token)
		if !slices.Equal(e2etest.VideoIDs(list), []int64{second.ID, first.ID}) {
			t.Fatalf("%s: %v, want the fan's two", who, e2etest.VideoIDs(list))
		}
		for _, v := range list {
			if want := slices.Contains(c.likes, v.ID); v.IsFavorite != want {
				t.Errorf("%s: is_favorite of %q is %t", who, v.Title, v.IsFavorite)
			}
			if v.Author.IsFollow != c.followAuthor {
				t.Errorf("%s: is_follow of the author is %t", who, v.Author.IsFollow)
			}
			if a := v.Author; a.ID != author.ID || a.TotalFavorited != 3 || a.WorkCount != 2 {
				t.Errorf("%s: author %+v", who, a)
			}
		}
		if list[0].FavoriteCount != 1 || list[1].FavoriteCount != 2 || list[0].CommentCount != 1 || list[1].CommentCount != 0 {
			t.Errorf("%s: counts %+v", who, list)
		}
	}
	e2etest.Within(t, e2etest.Recovery, "the list counts the follow of the author", func(context.Context) error {
		if a := e2etest.Liked(t, p, fan.ID, "")[0].Author; a.FollowerCount != 1 {
			return fmt.Errorf("author %+v", a)
		}
		return nil
	})
	if list := e2etest.Liked(t, p, author.ID, fan.Token); len(list) != 0 {
		t.Errorf("a user without likes has %d liked videos", len(list))
	}
}

// The counts in the feed may be a second old, the viewer's flags may not.
func TestFeedShowsOwnFlagsAtOnce(t *testing.T) {
	p := e2etest.NewPhone()
	author, fan, viewer := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, author, "flags", e2etest.SmallVideo(t))
	waitOnTop(t, p, video)
	fromFeed := func(token string) client.Video {
		t.Helper()
		feed := e2etest.Must(p.Feed(t.Context(), 0, token))(t)
		e2etest.Accepted(t, feed)
		for _, v := range feed.Videos {
			if v.ID == video.ID {
				return v
			}
		}
		t.Fatal("the video is not in the feed")
		return client.Video{}
	}
	for _, wanted := range []bool{true, false, true} {
		e2etest.Like(t, p, fan, video.ID, wanted)
		if got := fromFeed(fan.Token).IsFavorite; got != wanted {
			t.Errorf("is_favorite is %t right after %t", got, wanted)
		}
		e2etest.Follow(t, p, fan, author, wanted)
		if got := fromFeed(fan.Token).Author.IsFollow; got != wanted {
			t.Errorf("is_follow is %t right after %t", got, wanted)
		}
		for _, token := range []string{"", viewer.Token} {
			if v := fromFeed(token); v.IsFavorite || v.Author.IsFollow {
				t.Errorf("another viewer sees flags: %+v", v)
			}
		}
	}
	e2etest.Within(t, e2etest.Recovery, "the feed counts the like and the follow", func(context.Context) error {
		v := fromFeed("")
		if v.FavoriteCount != 1 || v.Author.FollowerCount != 1 || v.Author.TotalFavorited != 1 {
			return fmt.Errorf("favorite_count %d, author %+v", v.FavoriteCount, v.Author)
		}
		return nil
	})
}
