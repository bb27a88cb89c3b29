//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// A like is seen at once, by everybody as a count and by its giver as a flag.
// Repetition is success and moves nothing: the client likes again what it likes
// already.
func TestLikeMovesCountsAndFlagsOnce(t *testing.T) {
	p := newPhone()
	author, fan, viewer := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	video := published(t, p, author, "to be liked", smallMP4(t))

	check := func(when string, likes int64) {
		t.Helper()
		for who, token := range map[string]string{"fan": fan.Token, "viewer": viewer.Token, "author": author.Token, "guest": ""} {
			v := shown(t, p, author, video.ID, token)
			if v.FavoriteCount != likes || v.IsFavorite != (who == "fan" && likes > 0) {
				t.Errorf("%s: the %s sees favorite_count %d, is_favorite %t", when, who, v.FavoriteCount, v.IsFavorite)
			}
			if v.Author.TotalFavorited != likes {
				t.Errorf("%s: the %s sees total_favorited %d beside the video", when, who, v.Author.TotalFavorited)
			}
			if got := profile(t, p, author, token).TotalFavorited; got != likes {
				t.Errorf("%s: the %s sees total_favorited %d", when, who, got)
			}
			if got := profile(t, p, fan, token).FavoriteCount; got != likes {
				t.Errorf("%s: the %s sees favorite_count %d of the fan", when, who, got)
			}
			if got := liked(t, p, fan.ID, token); int64(len(got)) != likes {
				t.Errorf("%s: the %s sees %d videos in the fan's list", when, who, len(got))
			}
		}
	}
	check("before", 0)
	for range 3 {
		like(t, p, fan, video.ID, true)
		check("liked", 1)
	}
	like(t, p, viewer, video.ID, false) // was never there
	check("another's unlike", 1)
	for range 3 {
		like(t, p, fan, video.ID, false)
		check("unliked", 0)
	}
	like(t, p, fan, video.ID, true)
	check("liked again", 1)
}

func TestLikingOnesOwnVideoCountsOnBothSides(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	video := published(t, p, a, "mine", smallMP4(t))
	like(t, p, a, video.ID, true)
	if u := profile(t, p, a, a.Token); u.TotalFavorited != 1 || u.FavoriteCount != 1 || u.IsFollow {
		t.Errorf("after liking an own video: %+v", u)
	}
	if v := shown(t, p, a, video.ID, a.Token); !v.IsFavorite || v.FavoriteCount != 1 {
		t.Errorf("own video: %+v", v)
	}
	like(t, p, a, video.ID, false)
	if u := profile(t, p, a, a.Token); u.TotalFavorited != 0 || u.FavoriteCount != 0 {
		t.Errorf("after the end of it: %+v", u)
	}
}

// The most recent like is first; liking what is liked already does not move it.
func TestFavoriteListShowsTheMostRecentLikeFirst(t *testing.T) {
	p := newPhone()
	author, fan := newAccount(t, p), newAccount(t, p)
	var videos []Video
	for _, title := range []string{"one", "two", "three"} {
		videos = append(videos, published(t, p, author, title, smallMP4(t)))
	}
	check := func(when string, want ...string) {
		t.Helper()
		var titles []string
		for _, v := range liked(t, p, fan.ID, fan.Token) {
			titles = append(titles, v.Title)
		}
		if !slices.Equal(titles, want) {
			t.Errorf("%s: %v, want %v", when, titles, want)
		}
	}
	for _, i := range []int{1, 0, 2} {
		like(t, p, fan, videos[i].ID, true)
	}
	check("liked", "three", "one", "two")
	like(t, p, fan, videos[1].ID, true)
	check("repeated", "three", "one", "two")
	like(t, p, fan, videos[0].ID, false)
	check("one ended", "three", "two")
	like(t, p, fan, videos[0].ID, true)
	check("liked anew", "one", "three", "two")
}

// The list is that of the user asked for; the flags are the viewer's.
func TestFavoriteListOfOneUserAsAnotherSeesIt(t *testing.T) {
	p := newPhone()
	author, fan, viewer := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	first := published(t, p, author, "first", smallMP4(t))
	second := published(t, p, author, "second", smallMP4(t))
	like(t, p, fan, first.ID, true)
	like(t, p, fan, second.ID, true)
	like(t, p, viewer, first.ID, true)
	follow(t, p, viewer, author, true)
	comment(t, p, viewer, second.ID, "hello")

	for who, c := range map[string]struct {
		token        string
		likes        []int64
		followAuthor bool
	}{
		"fan":    {fan.Token, []int64{first.ID, second.ID}, false},
		"viewer": {viewer.Token, []int64{first.ID}, true},
		"guest":  {"", nil, false},
	} {
		list := liked(t, p, fan.ID, c.token)
		if !slices.Equal(ids(list), []int64{second.ID, first.ID}) {
			t.Fatalf("%s: %v, want the fan's two", who, ids(list))
		}
		for _, v := range list {
			if want := slices.Contains(c.likes, v.ID); v.IsFavorite != want {
				t.Errorf("%s: is_favorite of %q is %t", who, v.Title, v.IsFavorite)
			}
			if v.Author.IsFollow != c.followAuthor {
				t.Errorf("%s: is_follow of the author is %t", who, v.Author.IsFollow)
			}
			if a := v.Author; a.ID != author.ID || a.TotalFavorited != 3 || a.WorkCount != 2 || a.FollowerCount != 1 {
				t.Errorf("%s: author %+v", who, a)
			}
		}
		if list[0].FavoriteCount != 1 || list[1].FavoriteCount != 2 || list[0].CommentCount != 1 || list[1].CommentCount != 0 {
			t.Errorf("%s: counts %+v", who, list)
		}
	}
	if list := liked(t, p, author.ID, fan.Token); len(list) != 0 {
		t.Errorf("who liked nothing shows %d videos", len(list))
	}
}

// A feed may show counts that are a second old, but never a viewer's own flags.
func TestFeedShowsOwnFlagsAtOnce(t *testing.T) {
	p := newPhone()
	author, fan, viewer := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	video := published(t, p, author, "flags", smallMP4(t))
	settledFeed(t, p, video)
	inTheFeed := func(token string) Video {
		t.Helper()
		feed := must(p.Feed(t.Context(), "", token))(t)
		accepted(t, feed)
		for _, v := range feed.Videos {
			if v.ID == video.ID {
				return v
			}
		}
		t.Fatal("the video is not in the feed")
		return Video{}
	}
	for _, wanted := range []bool{true, false, true} {
		like(t, p, fan, video.ID, wanted)
		if got := inTheFeed(fan.Token).IsFavorite; got != wanted {
			t.Errorf("is_favorite is %t right after %t", got, wanted)
		}
		follow(t, p, fan, author, wanted)
		if got := inTheFeed(fan.Token).Author.IsFollow; got != wanted {
			t.Errorf("is_follow is %t right after %t", got, wanted)
		}
		for _, token := range []string{"", viewer.Token} {
			if v := inTheFeed(token); v.IsFavorite || v.Author.IsFollow {
				t.Errorf("another viewer sees flags: %+v", v)
			}
		}
	}
	within(t, recovery, "the feed counts the like and the follow", func(context.Context) error {
		v := inTheFeed("")
		if v.FavoriteCount != 1 || v.Author.FollowerCount != 1 || v.Author.TotalFavorited != 1 {
			return fmt.Errorf("favorite_count %d, author %+v", v.FavoriteCount, v.Author)
		}
		return nil
	})
}
