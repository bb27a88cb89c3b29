//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func ids(videos []Video) []int64 {
	out := make([]int64, len(videos))
	for i, v := range videos {
		out[i] = v.ID
	}
	return out
}

// settledFeed waits until the newest batch starts with a video that has just
// been published, so that no copy of a second ago is in the way, in none of the
// gateways.
func settledFeed(t *testing.T, p *Phone, newest Video) FeedReply {
	t.Helper()
	for _, each := range gateways() {
		inFeed(t, each, "", newest)
	}
	feed := must(p.Feed(t.Context(), "", ""))(t)
	accepted(t, feed)
	if len(feed.Videos) == 0 || feed.Videos[0].ID != newest.ID {
		t.Fatal("the feed does not start with the newest video")
	}
	return feed
}

// Following next_time shows every video once and then starts again.
func TestFeedPagesThroughEverythingOnceAndWraps(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	const before = 32 // with the last one more than one batch, whatever was there before
	works := make([]int64, before)
	movie := smallMP4(t)
	atOnce(t, before, func(i int) (err error) {
		works[i], err = publishedID(t.Context(), p, a, movie)
		return err
	})
	last := published(t, p, a, "the last", movie)
	mine := map[int64]bool{last.ID: true}
	for _, id := range works {
		mine[id] = true
	}
	first := settledFeed(t, p, last)
	if len(first.Videos) != 30 {
		t.Fatalf("the first batch has %d videos, want 30", len(first.Videos))
	}

	seen := map[int64]bool{}
	batch := first
	for range 500 {
		if batch.Videos[0].ID == last.ID && len(seen) > 0 {
			break
		}
		for _, v := range batch.Videos {
			if seen[v.ID] {
				t.Fatalf("video %d is shown twice", v.ID)
			}
			seen[v.ID] = true
			delete(mine, v.ID)
		}
		next := must(p.Feed(t.Context(), strconv.FormatInt(batch.NextTime, 10), ""))(t)
		accepted(t, next)
		if len(next.Videos) == 0 {
			t.Fatal("an empty batch stops the stream; it should wrap")
		}
		batch = next
	}
	if len(mine) > 0 {
		t.Errorf("%d videos are never shown", len(mine))
	}
	if !slices.Equal(ids(batch.Videos), ids(first.Videos)) || batch.NextTime != first.NextTime {
		t.Error("after the oldest video the newest batch is due, with its next_time")
	}
	// The oldest moment there is has nothing before it.
	if r := must(p.Feed(t.Context(), "1", ""))(t); !slices.Equal(ids(r.Videos), ids(first.Videos)) {
		t.Error("latest_time before the first video does not wrap")
	}
}

// A latest_time in seconds is the start of that second: a video published
// before it is shown, one published in it is not. Read in the wrong unit it
// would be long ago or far ahead, and show the newest batch.
func TestFeedReadsBothUnitsOfTime(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	older := published(t, p, a, "before the second", smallMP4(t))
	answered := time.Now().Unix()
	within(t, 3*time.Second, "the next second has begun", func(context.Context) error {
		if time.Now().Unix() == answered {
			return errors.New("still the same second")
		}
		return nil
	})
	border := time.Now().Unix()
	newest := settledFeed(t, p, published(t, p, a, "in the second", smallMP4(t)))

	inMS := must(p.Feed(t.Context(), strconv.FormatInt(border*1000, 10), ""))(t)
	inS := must(p.Feed(t.Context(), strconv.FormatInt(border, 10), ""))(t)
	for unit, r := range map[string]FeedReply{"ms": inMS, "s": inS} {
		if len(r.Videos) == 0 || r.Videos[0].ID != older.ID {
			t.Errorf("in %s: the batch does not start with the video before that second", unit)
		}
	}
	if !slices.Equal(ids(inMS.Videos), ids(inS.Videos)) || inMS.NextTime != inS.NextTime {
		t.Errorf("%d s and %d ms differ: %v and %v", border, border*1000, ids(inS.Videos), ids(inMS.Videos))
	}
	// next_time is the publish time of the last video: one later includes it.
	later := must(p.Feed(t.Context(), strconv.FormatInt(newest.NextTime+1, 10), ""))(t)
	if oldest := newest.Videos[len(newest.Videos)-1]; later.Videos[0].ID != oldest.ID {
		t.Errorf("the batch before next_time+1 starts with %d, want %d", later.Videos[0].ID, oldest.ID)
	}
}

func TestFeedTakesAnyTimeAndAnyToken(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	feed := settledFeed(t, p, published(t, p, a, "lenient", smallMP4(t)))
	now := time.Now()
	for _, latest := range []string{"", "0", "-1", "abc", "1e12", "99999999999999999999", "9223372036854775807",
		strconv.FormatInt(now.UnixMilli()+60_000, 10), strconv.FormatInt(now.AddDate(50, 0, 0).UnixMilli(), 10),
		strconv.FormatInt(now.Unix()+3600, 10)} {
		r := must(p.Feed(t.Context(), latest, ""))(t)
		accepted(t, r)
		if !slices.Equal(ids(r.Videos), ids(feed.Videos)) {
			t.Errorf("latest_time %q does not mean now", latest)
		}
	}
	for what, token := range map[string]string{
		"none": "", "nonsense": "nonsense", "own": a.Token, "cut off": a.Token[:len(a.Token)-2],
		"long": strings.Repeat("x", 4000), "binary": "\x00\xff",
	} {
		r := must(p.Feed(t.Context(), "", token))(t)
		accepted(t, r)
		if !slices.Equal(ids(r.Videos), ids(feed.Videos)) {
			t.Errorf("token %s: another feed", what)
		}
		for _, v := range r.Videos {
			if v.IsFavorite || v.Author.IsFollow {
				t.Errorf("token %s: liked or followed, which nobody can do yet", what)
			}
		}
	}
}

// Many uploads at the same moment still have one order, without gaps or
// repetition between batches.
func TestFeedOrderOfSimultaneousUploads(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	const uploads = 8
	errs := make(chan error, uploads)
	for i := range uploads {
		movie := smallMP4(t)
		go func() {
			r, err := p.Publish(t.Context(), a.Token, "at once "+strconv.Itoa(i), bytes.NewReader(movie))
			if err == nil && r.StatusCode != 0 {
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
	list := allReady(t, p, a)
	if len(list) != uploads {
		t.Fatalf("%d videos in the list, want %d", len(list), uploads)
	}
	// Whichever got ready last is on top.
	want := slices.Sorted(slices.Values(ids(list)))
	within(t, 3*time.Second, "all of them are in the feed, each once", func(ctx context.Context) error {
		feed, err := p.Feed(ctx, "", "")
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
