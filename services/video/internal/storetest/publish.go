package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func testPublish(ctx context.Context, t *testing.T, s Store) {
	u, v := upload(1, 7), newVideo(1, 7)
	begin(ctx, t, s, u)
	stored, err := s.Publish(ctx, 1, func(got video.Upload) (video.Video, error) {
		if got != u {
			t.Errorf("build is given %+v, want %+v", got, u)
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
}

func testPublishWhole(ctx context.Context, t *testing.T, s Store) {
	v := newVideo(1, 7)
	v.State, v.FailureReason = video.StateFailed, "NOT_A_VIDEO"
	v.Cover = &video.Object{Key: "videos/1/cover", Size: 9, PartSize: 10, SHA256: sha256.Sum256([]byte("c")), ContentType: "image/jpeg"}
	publish(ctx, t, s, v)
	found, err := s.ByIDs(ctx, []int64{1})
	if err != nil || len(found) != 1 || !reflect.DeepEqual(found[0], v) {
		t.Fatalf("found %+v, %v; want %+v", found, err, v)
	}
}

func testPublishRefused(ctx context.Context, t *testing.T, s Store) {
	begin(ctx, t, s, upload(1, 7))
	_, err := s.Publish(ctx, 1, func(video.Upload) (video.Video, error) { return video.Video{}, errRefused })
	wantError(t, err, errRefused)
	found, err := s.ByIDs(ctx, []int64{1})
	wantIDs(t, found, err)
	wantCounterEqualsSet(ctx, t, s, 7)
	if _, err := s.Publish(ctx, 1, as(newVideo(1, 7))); err != nil {
		t.Fatalf("the upload did not outlive the refusal: %v", err)
	}
}

func testPublishUnknown(ctx context.Context, t *testing.T, s Store) {
	_, err := s.Publish(ctx, 1, as(newVideo(1, 7)))
	wantError(t, err, video.ErrUploadUnknown)
	wantCounterEqualsSet(ctx, t, s, 7)
}

func testPublishTies(ctx context.Context, t *testing.T, s Store) {
	occupied := newVideo(1, 7)
	occupied.PublishedAtMs++
	publish(ctx, t, s, occupied)
	for id, want := range []int64{published, published + 2, published + 3} {
		if got := publish(ctx, t, s, newVideo(int64(2+id), 7)); got.PublishedAtMs != want {
			t.Errorf("published at +%d ms, want +%d", got.PublishedAtMs-published, want-published)
		}
	}
}

func testPublishOnce(ctx context.Context, t *testing.T, s Store) {
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

// Fifty videos of a few authors in the same millisecond: unique times, none
// further away than it has to be, counters that equal their sets.
func testPublishMany(ctx context.Context, t *testing.T, s Store) {
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
	newest, err := s.Newest(ctx, video.Latest, videos+1)
	if err != nil || len(newest) != videos {
		t.Fatalf("%d videos, %v; want %d", len(newest), err, videos)
	}
	for i, v := range newest {
		if want := published + videos - 1 - int64(i); v.PublishedAtMs != want {
			t.Errorf("video %d of the feed is at +%d ms, want +%d", i, v.PublishedAtMs-published, want-published)
		}
	}
	wantCounterEqualsSet(ctx, t, s, 1, 2, 3, 4)
}

func testNewest(ctx context.Context, t *testing.T, s Store) {
	for id, state := range []video.State{video.StateReady, video.StateUploaded, video.StateReady, video.StateFailed, video.StateReady} {
		v := newVideo(int64(id), 7)
		v.State, v.PublishedAtMs = state, published+int64(id)
		publish(ctx, t, s, v)
	}
	newest := func(before int64, limit int, want ...int64) {
		t.Helper()
		found, err := s.Newest(ctx, before, limit)
		wantIDs(t, found, err, want...)
	}
	newest(video.Latest, 10, 4, 2, 0)
	newest(video.Latest, 2, 4, 2)
	newest(published+4, 10, 2, 0)
	newest(published+3, 10, 2, 0)
	newest(published, 10)
}

func testPaging(ctx context.Context, t *testing.T, s Store) {
	const videos = 25
	want := make([]int64, 0, videos)
	for i := range int64(videos) {
		publish(ctx, t, s, newVideo(100+i, 7)) // all in one millisecond
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
			before = page[len(page)-1].PublishedAtMs
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v, want %v", limit, got, want)
		}
	}
}

func testByAuthor(ctx context.Context, t *testing.T, s Store) {
	for id, state := range []video.State{video.StateReady, video.StateUploaded, video.StateFailed} {
		v := newVideo(int64(10+id), 7)
		v.State, v.PublishedAtMs = state, published-int64(id)
		publish(ctx, t, s, v)
	}
	publish(ctx, t, s, newVideo(20, 8))
	found, err := s.ByAuthor(ctx, 7, video.Latest, 10)
	wantIDs(t, found, err, 10, 11, 12)
	found, err = s.ByAuthor(ctx, 7, video.Latest, 2)
	wantIDs(t, found, err, 10, 11)
	found, err = s.ByAuthor(ctx, 7, published-1, 10)
	wantIDs(t, found, err, 12)
	found, err = s.ByAuthor(ctx, 9, video.Latest, 10)
	wantIDs(t, found, err)
}

func testByIDs(ctx context.Context, t *testing.T, s Store) {
	for id := range int64(4) {
		publish(ctx, t, s, newVideo(1+id, 7))
	}
	found, err := s.ByIDs(ctx, []int64{4, 99, 2})
	slices.SortFunc(found, func(a, b video.Video) int { return int(a.ID - b.ID) })
	wantIDs(t, found, err, 2, 4)
}

func testWorks(ctx context.Context, t *testing.T, s Store) {
	for id, author := range []int64{1, 1, 2, 1} {
		publish(ctx, t, s, newVideo(int64(10+id), author))
	}
	begin(ctx, t, s, upload(20, 3)) // an upload is no work
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
