//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// waitOnTop waits until every gateway shows a new video on top of the feed, and
// returns the first page.
func waitOnTop(t *testing.T, p *client.Client, newest client.Video) client.FeedResponse {
	t.Helper()
	for _, each := range e2etest.Gateways() {
		e2etest.WaitInFeed(t, each, "", newest)
	}
	feed := e2etest.Must(p.Feed(t.Context(), 0, ""))(t)
	e2etest.Accepted(t, feed)
	if len(feed.Videos) == 0 || feed.Videos[0].ID != newest.ID {
		t.Fatal("the feed does not start with the newest video")
	}
	return feed
}

// Following next_time shows every video once, and then starts at the top again.
func TestFeedPagesShowEveryVideoOnceAndWrap(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	const before = 32 // more than one page
	works := make([]int64, before)
	movie := e2etest.SmallVideo(t)
	e2etest.InParallel(t, before, func(i int) (err error) {
		works[i], err = e2etest.PublishID(t.Context(), p, a, movie)
		return err
	})
	last := e2etest.Publish(t, p, a, "the last", movie)
	mine := map[int64]bool{last.ID: true}
	for _, id := range works {
		mine[id] = true
	}
	first := waitOnTop(t, p, last)
	if len(first.Videos) != 30 {
		t.Fatalf("the first page has %d videos, want 30", len(first.Videos))
	}

	seen := map[int64]bool{}
	page := first
	for range 500 {
		if page.Videos[0].ID == last.ID && len(seen) > 0 {
			break
		}
		for _, v := range page.Videos {
			if seen[v.ID] {
				t.Fatalf("video %d is on two pages", v.ID)
			}
			seen[v.ID] = true
			delete(mine, v.ID)
		}
		next := e2etest.Must(p.Feed(t.Context(), page.NextTime, ""))(t)
		e2etest.Accepted(t, next)
		if len(next.Videos) == 0 {
			t.Fatal("an empty page, which the phone takes for the end")
		}
		page = next
	}
	if len(mine) > 0 {
		t.Errorf("%d videos are on no page", len(mine))
	}
	if !slices.Equal(e2etest.VideoIDs(page.Videos), e2etest.VideoIDs(first.Videos)) || page.NextTime != first.NextTime {
		t.Error("the page after the oldest video is not the first page")
	}
	// There is no video before the earliest time.
	if r := e2etest.Must(p.Feed(t.Context(), 1, ""))(t); !slices.Equal(e2etest.VideoIDs(r.Videos), e2etest.VideoIDs(first.Videos)) {
		t.Error("latest_time before the oldest video does not show the first page")
	}
}

// A latest_time in seconds means the start of that second: the page starts with the
// newest video published before it. In the wrong unit it would be long ago or in the
// future, and show the first page.
func TestFeedTakesSecondsAndMilliseconds(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	older := e2etest.Publish(t, p, a, "before the second", e2etest.SmallVideo(t))
	second := time.Now().Unix()
	e2etest.Within(t, 3*time.Second, "the next second has begun", func(context.Context) error {
		if time.Now().Unix() == second {
			return errors.New("still the same second")
		}
		return nil
	})
	border := time.Now().Unix()
	newest := waitOnTop(t, p, e2etest.Publish(t, p, a, "in the second", e2etest.SmallVideo(t)))

	inMS := e2etest.Must(p.Feed(t.Context(), border*1000, ""))(t)
	inS := e2etest.Must(p.Feed(t.Context(), border, ""))(t)
	for unit, r := range map[string]client.FeedResponse{"ms": inMS, "s": inS} {
		if len(r.Videos) == 0 || r.Videos[0].ID != older.ID {
			t.Errorf("in %s: the page does not start with the video of the second before", unit)
		}
	}
	if !slices.Equal(e2etest.VideoIDs(inMS.Videos), e2etest.VideoIDs(inS.Videos)) || inMS.NextTime != inS.NextTime {
		t.Errorf("%d s and %d ms differ: %v and %v", border, border*1000, e2etest.VideoIDs(inS.Videos), e2etest.VideoIDs(inMS.Videos))
	}
	// next_time is the publish time of the last video, so the millisecond after it
	// includes the video.
	later := e2etest.Must(p.Feed(t.Context(), newest.NextTime+1, ""))(t)
	if oldest := newest.Videos[len(newest.Videos)-1]; later.Videos[0].ID != oldest.ID {
		t.Errorf("the page before next_time+1 starts with %d, want %d", later.Videos[0].ID, oldest.ID)
	}
}

func TestFeedTakesAnyTimeAndAnyToken(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	feed := waitOnTop(t, p, e2etest.Publish(t, p, a, "lenient", e2etest.SmallVideo(t)))
	now := time.Now()
	for _, latest := range []string{"", "0", "-1", "abc", "1e12", "99999999999999999999", "9223372036854775807",
		strconv.FormatInt(now.UnixMilli()+60_000, 10), strconv.FormatInt(now.AddDate(50, 0, 0).UnixMilli(), 10),
		strconv.FormatInt(now.Unix()+3600, 10)} {
		r := e2etest.Must(client.Call[client.FeedResponse](t.Context(), p, http.MethodGet, "/douyin/feed", url.Values{"latest_time": {latest}}))(t)
		e2etest.Accepted(t, r)
		if !slices.Equal(e2etest.VideoIDs(r.Videos), e2etest.VideoIDs(feed.Videos)) {
			t.Errorf("latest_time %q does not show the first page", latest)
		}
	}
	for what, token := range map[string]string{
		"none": "", "nonsense": "nonsense", "own": a.Token, "cut off": a.Token[:len(a.Token)-2],
		"long": strings.Repeat("x", 4000), "binary": "\x00\xff",
	} {
		r := e2etest.Must(p.Feed(t.Context(), 0, token))(t)
		e2etest.Accepted(t, r)
		if !slices.Equal(e2etest.VideoIDs(r.Videos), e2etest.VideoIDs(feed.Videos)) {
			t.Errorf("token %s: another feed", what)
		}
		for _, v := range r.Videos {
			if v.IsFavorite || v.Author.IsFollow {
				t.Errorf("token %s: flags of a like or follow that nobody made", what)
			}
		}
	}
}

// Videos that are uploaded at the same time are all in the feed, each once.
func TestFeedOfSimultaneousUploads(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	const uploads = 8
	errs := make(chan error, uploads)
	for i := range uploads {
		movie := e2etest.SmallVideo(t)
		go func() {
			r, err := p.Publish(t.Context(), a.Token, "simultaneous "+strconv.Itoa(i), bytes.NewReader(movie))
			if err == nil && r.Code != 0 {
				err = fmt.Errorf("refused: %+v", r.Status)
			}
			errs <- err
		}()
	}
	for range uploads {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	list := e2etest.WaitAllReady(t, p, a)
	if len(list) != uploads {
		t.Fatalf("%d videos in the list, want %d", len(list), uploads)
	}
	// The feed has them in the order in which they became ready.
	want := slices.Sorted(slices.Values(e2etest.VideoIDs(list)))
	e2etest.Within(t, e2etest.FeedDelay, "all of them are in the feed, each once", func(ctx context.Context) error {
		feed, err := p.Feed(ctx, 0, "")
		if err != nil {
			return err
		}
		var mine []int64
		for _, v := range feed.Videos {
			if v.Author.ID == a.ID {
				mine = append(mine, v.ID)
			}
		}
		if slices.Sort(mine); !slices.Equal(mine, want) {
			return fmt.Errorf("feed %v, list %v", mine, want)
		}
		return nil
	})
}
