package storetest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func testPublish(ctx context.Context, t *testing.T, s harness) {
	u, v := upload(1, 7), newVideo(1, 7)
	begin(ctx, t, s, u)
	stored, err := s.Publish(ctx, 1, func(got video.Upload, nowMs int64) (video.Video, error) {
		if got != u || nowMs != published {
			t.Errorf("build gets %+v at %d, want %+v at %d", got, nowMs, u, published)
		}
		return v, nil
	})
	if err != nil || stored != v {
		t.Fatalf("published %+v, %v; want %+v", stored, err, v)
	}
	found, err := s.ByIDs(ctx, []int64{1})
	if err != nil || len(found) != 1 || found[0] != v {
		t.Fatalf("found %+v, %v; want %+v", found, err, v)
	}
	wantGone(ctx, t, s, 1)
	wantCounterEqualsSet(ctx, t, s, 7)
	c := look(ctx, t, s, 1)
	if want := (video.Job{DueAtMs: published}); c.Job == nil || *c.Job != want || len(c.Outputs) != 0 {
		t.Errorf("the job is %+v with the outputs %+v, want %+v", c.Job, c.Outputs, want)
	}
}

func testPublishWhole(ctx context.Context, t *testing.T, s harness) {
	u, v := upload(1, 7), newVideo(1, 7)
	u.Layout, v.Source.Layout = video.LayoutWhole, video.LayoutWhole
	begin(ctx, t, s, u)
	if got, nowMs, err := s.Upload(ctx, 1); err != nil || got != u || nowMs != published {
		t.Fatalf("the upload is %+v at %d, %v; want %+v", got, nowMs, err, u)
	}
	if _, err := s.Publish(ctx, 1, as(v)); err != nil {
		t.Fatal(err)
	}
	if got := look(ctx, t, s, 1).Video; got != v {
		t.Fatalf("stored %+v, want %+v", got, v)
	}
}

func testPublishRefused(ctx context.Context, t *testing.T, s harness) {
	begin(ctx, t, s, upload(1, 7))
	_, err := s.Publish(ctx, 1, func(video.Upload, int64) (video.Video, error) { return video.Video{}, errRefused })
	wantError(t, err, errRefused)
	found, err := s.ByIDs(ctx, []int64{1})
	wantIDs(t, found, err)
	wantCounterEqualsSet(ctx, t, s, 7)
	if _, err := s.Publish(ctx, 1, as(newVideo(1, 7))); err != nil {
		t.Fatalf("the upload is gone after a refusal: %v", err)
	}
}

func testPublishUnknown(ctx context.Context, t *testing.T, s harness) {
	_, err := s.Publish(ctx, 1, as(newVideo(1, 7)))
	wantError(t, err, video.ErrUploadUnknown)
	wantCounterEqualsSet(ctx, t, s, 7)
}

func testPublishTies(ctx context.Context, t *testing.T, s harness) {
	occupied := newVideo(1, 7)
	occupied.PublishedAtMs++
	publish(ctx, t, s, occupied)
	for id, want := range []int64{published, published + 2, published + 3} {
		if got := publish(ctx, t, s, newVideo(int64(2+id), 7)); got.PublishedAtMs != want {
			t.Errorf("published at +%d ms, want +%d", got.PublishedAtMs-published, want-published)
		}
	}
}

func testPublishOnce(ctx context.Context, t *testing.T, s harness) {
	begin(ctx, t, s, upload(1, 7))
	var done atomic.Int64
	inParallel(10, func(int) {
		_, err := s.Publish(ctx, 1, as(newVideo(1, 7)))
		if err == nil {
			done.Add(1)
		} else if !errors.Is(err, video.ErrUploadUnknown) {
			t.Error(err)
		}
	})
	if n := done.Load(); n != 1 {
		t.Errorf("published %d times", n)
	}
	wantCounterEqualsSet(ctx, t, s, 7)
}

// Fifty videos of a few authors in the same millisecond have unique times without
// gaps, and the counters equal their sets.
func testPublishMany(ctx context.Context, t *testing.T, s harness) {
	const videos, authors = 50, 4
	for i := range int64(videos) {
		begin(ctx, t, s, upload(1+i, 1+i%authors))
	}
	inParallel(videos, func(i int) {
		v := newVideo(int64(1+i), int64(1+i%authors))
		stored, err := s.Publish(ctx, v.ID, as(v))
		if err != nil {
			t.Errorf("publish %d: %v", v.ID, err)
			return
		}
		if stored.ID != v.ID || stored.AuthorID != v.AuthorID {
			t.Errorf("published %+v for %+v", stored, v)
		}
	})
	inParallel(videos, func(i int) {
		err := s.UpdateLifecycle(ctx, int64(1+i), func(c *video.Lifecycle) error {
			c.Video.State, c.Video.ShownAtMs = video.StateReady, published
			return nil
		})
		if err != nil {
			t.Errorf("show %d: %v", 1+i, err)
		}
	})
	newest, err := s.Newest(ctx, video.Latest, videos+1)
	if err != nil || len(newest) != videos {
		t.Fatalf("%d videos, %v; want %d", len(newest), err, videos)
	}
	times := map[int64]bool{}
	for i, v := range newest {
		if want := published + videos - 1 - int64(i); v.ShownAtMs != want {
			t.Errorf("video %d of the feed is at +%d ms, want +%d", i, v.ShownAtMs-published, want-published)
		}
		times[v.PublishedAtMs-published] = true
	}
	for at := range int64(videos) {
		if !times[at] {
			t.Errorf("no video is published at +%d ms", at)
		}
	}
	wantCounterEqualsSet(ctx, t, s, 1, 2, 3, 4)
}

// The feed has the order in which videos got ready, not that of publishing.
func testNewest(ctx context.Context, t *testing.T, s harness) {
	states := map[int64]video.State{2: video.StateUploaded, 3: video.StateProcessing, 5: video.StateFailed}
	for id := int64(1); id <= 6; id++ {
		publish(ctx, t, s, newVideo(id, 7))
		change(ctx, t, s, id, func(c *video.Lifecycle) {
			if state, unready := states[id]; unready {
				c.Video.State = state
				return
			}
			c.Video.State, c.Video.ShownAtMs = video.StateReady, published+10-id
		})
	}
	newest := func(before int64, limit int, want ...int64) {
		t.Helper()
		found, err := s.Newest(ctx, before, limit)
		wantIDs(t, found, err, want...)
	}
	newest(video.Latest, 10, 1, 4, 6)
	newest(video.Latest, 2, 1, 4)
	newest(published+9, 10, 4, 6)
	newest(published+8, 10, 4, 6)
	newest(published+4, 10)
}

func testPaging(ctx context.Context, t *testing.T, s harness) {
	const videos = 25
	want := make([]int64, 0, videos)
	for i := range int64(videos) {
		show(ctx, t, s, newVideo(100+i, 7)) // all in one millisecond
		want = append(want, 100+videos-1-i)
	}
	for _, limit := range []int{1, 4, 5, 24, 25, 26} {
		var got []int64
		for before := int64(video.Latest); ; {
			page, err := s.Newest(ctx, before, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, idsOf(page)...)
			before = page[len(page)-1].ShownAtMs
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v, want %v", limit, got, want)
		}
	}
}

func testByAuthor(ctx context.Context, t *testing.T, s harness) {
	for id, state := range []video.State{video.StateReady, video.StateUploaded, video.StateFailed, video.StateProcessing, video.StateReady} {
		v := newVideo(int64(10+id), 7)
		v.PublishedAtMs = published - int64(id)
		publish(ctx, t, s, v)
		change(ctx, t, s, v.ID, func(c *video.Lifecycle) {
			c.Job.Progress = 40
			if c.Video.State = state; state == video.StateReady {
				c.Video.ShownAtMs = published + int64(id)
			}
		})
	}
	show(ctx, t, s, newVideo(20, 8))
	list := func(author, before int64, limit int, own bool, want ...int64) []video.Video {
		t.Helper()
		found, err := s.ByAuthor(ctx, author, before, limit, own)
		wantIDs(t, found, err, want...)
		return found
	}
	for _, v := range list(7, video.Latest, 10, true, 10, 11, 12, 13, 14) {
		want := 0
		if v.State == video.StateProcessing {
			want = 40
		}
		if v.Progress != want {
			t.Errorf("video %d in state %d has progress %d%%, want %d", v.ID, v.State, v.Progress, want)
		}
	}
	list(7, video.Latest, 2, true, 10, 11)
	list(7, published-1, 10, true, 12, 13, 14)
	list(7, video.Latest, 10, false, 10, 14)
	list(7, video.Latest, 1, false, 10)
	list(7, published, 10, false, 14)
	list(9, video.Latest, 10, true)
}

func testByIDs(ctx context.Context, t *testing.T, s harness) {
	for id := range int64(4) {
		publish(ctx, t, s, newVideo(1+id, 7))
	}
	found, err := s.ByIDs(ctx, []int64{4, 99, 2})
	slices.SortFunc(found, func(a, b video.Video) int { return int(a.ID - b.ID) })
	wantIDs(t, found, err, 2, 4)
}

func testExisting(ctx context.Context, t *testing.T, s harness) {
	show(ctx, t, s, newVideo(1, 7))
	publish(ctx, t, s, newVideo(2, 7))
	publish(ctx, t, s, newVideo(3, 7))
	begin(ctx, t, s, upload(4, 7))
	change(ctx, t, s, 3, func(c *video.Lifecycle) {
		c.DeletedAtMs, c.Job = published, nil
	})
	got, err := s.Existing(ctx, []int64{5, 4, 3, 2, 1})
	slices.Sort(got)
	if err != nil || !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("existing are %v, %v; want 1 and 2", got, err)
	}
}

func testWorks(ctx context.Context, t *testing.T, s harness) {
	for id, author := range []int64{1, 1, 2, 1} {
		show(ctx, t, s, newVideo(int64(10+id), author))
	}
	begin(ctx, t, s, upload(20, 3))     // an upload does not count
	publish(ctx, t, s, newVideo(21, 3)) // nor does a video that is not ready
	works, err := s.Works(ctx, []int64{1, 2, 3, 4})
	if err != nil {
		t.Fatal(err)
	}
	for author, want := range map[int64]int64{1: 3, 2: 1, 3: 0, 4: 0} {
		if works[author] != want {
			t.Errorf("author %d has %d works, want %d", author, works[author], want)
		}
	}
	wantCounterEqualsSet(ctx, t, s, 1, 2, 3, 4)
}
