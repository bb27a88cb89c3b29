package video_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func idsOf(videos []video.Video) []int64 {
	ids := []int64{}
	for _, v := range videos {
		ids = append(ids, v.ID)
	}
	return ids
}

func TestFeed(t *testing.T) {
	w := newHarness()
	start := w.clock.Now().UnixMilli()
	for range 40 {
		w.show(t) // ids 1 to 40, shown at start+0 to start+39
	}
	w.clock.Move(-time.Hour) // the clock of another machine
	down := func(from, to int64) []int64 {
		ids := []int64{}
		for id := from; id >= to; id-- {
			ids = append(ids, id)
		}
		return ids
	}
	tests := []struct {
		name   string
		before int64
		limit  int
		want   []int64
		err    error
	}{
		{name: "FromTheNewest", want: down(40, 11)},
		{name: "OlderThanAMoment", before: start + 10, want: down(10, 1)},
		{name: "FarInTheFuture", before: 1 << 60, limit: 1, want: []int64{40}},
		{name: "Limit", limit: 2, want: []int64{40, 39}},
		{name: "LimitGreatest", limit: 100, want: down(40, 1)},
		{name: "NothingOlder", before: start, want: []int64{}},
		{name: "LimitTooGreat", limit: 101, err: video.ErrRequestInvalid},
		{name: "LimitNegative", limit: -1, err: video.ErrRequestInvalid},
		{name: "MomentNegative", before: -1, err: video.ErrRequestInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.Feed(context.Background(), tt.before, tt.limit)
			wantError(t, err, tt.err)
			if tt.err == nil && !slices.Equal(idsOf(got), tt.want) {
				t.Errorf("videos %v, want %v", idsOf(got), tt.want)
			}
		})
	}
}

func TestListByAuthor(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	w.show(t)
	w.publish(t)
	tests := []struct {
		name   string
		author int64
		before int64
		limit  int
		others bool // the viewer is not the author
		want   []int64
		err    error
	}{
		{name: "NewestFirst", author: amy, want: []int64{2, 1}},
		{name: "OthersSeeReadyVideos", author: amy, others: true, want: []int64{1}},
		{name: "None", author: bob, want: []int64{}},
		{name: "Unknown", author: stranger, want: []int64{}},
		{name: "Zero", err: video.ErrRequestInvalid},
		{name: "NegativeCursor", author: amy, before: -1, err: video.ErrRequestInvalid},
		{name: "NegativeLimit", author: amy, limit: -1, err: video.ErrRequestInvalid},
		{name: "TooMany", author: amy, limit: 1_001, err: video.ErrRequestInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, next, err := w.ListByAuthor(ctx, tt.author, tt.before, tt.limit, !tt.others)
			wantError(t, err, tt.err)
			if tt.err == nil && !slices.Equal(idsOf(got), tt.want) || next != 0 {
				t.Errorf("videos %v, next %d; want %v", idsOf(got), next, tt.want)
			}
		})
	}
}

func TestListByAuthorInPages(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	for range 5 {
		w.publish(t)
	}
	for limit, pages := range map[int]int{1: 5, 2: 3, 5: 1, 6: 1} {
		var all []int64
		read := 0
		for next := int64(0); read == 0 || next != 0; read++ {
			var got []video.Video
			var err error
			if got, next, err = w.ListByAuthor(ctx, amy, next, limit, true); err != nil {
				t.Fatal(err)
			}
			all = append(all, idsOf(got)...)
		}
		if !slices.Equal(all, []int64{5, 4, 3, 2, 1}) || read != pages {
			t.Errorf("pages of %d: %v in %d", limit, all, read)
		}
	}
}

// endless has videos without end of every author.
type endless struct{ video.Videos }

func (endless) ByAuthor(_ context.Context, authorID, beforeMs int64, limit int, _ bool) ([]video.Video, error) {
	videos := make([]video.Video, limit)
	for i := range videos {
		videos[i] = video.Video{ID: int64(i + 1), AuthorID: authorID, PublishedAtMs: beforeMs - int64(i+1)}
	}
	return videos, nil
}

// The maximum page fits into a message. The list of all videos of an author may not.
func TestListByAuthorIsCapped(t *testing.T) {
	w := newHarness()
	w.Videos = endless{}
	got, next, err := w.ListByAuthor(context.Background(), amy, 0, 0, true)
	if err != nil || len(got) != 1_000 || next != video.Latest-1_000 {
		t.Errorf("%d videos, next %d, %v", len(got), next, err)
	}
}

func TestGetVideos(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	for range 3 {
		w.publish(t)
	}
	tests := []struct {
		name string
		ids  []int64
		want []int64
		err  error
	}{
		{name: "OrderOfTheRequest", ids: []int64{2, 3, 1}, want: []int64{2, 3, 1}},
		{name: "EachOnceWithoutUnknown", ids: []int64{3, 99, 3, 1, 3}, want: []int64{3, 1}},
		{name: "None", want: []int64{}},
		{name: "Most", ids: make1000(1), want: []int64{1, 2, 3}},
		{name: "TooMany", ids: append(make1000(1), 1), err: video.ErrRequestInvalid},
		{name: "Zero", ids: []int64{1, 0}, err: video.ErrRequestInvalid},
		{name: "Negative", ids: []int64{-1}, err: video.ErrRequestInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.GetVideos(ctx, tt.ids)
			wantError(t, err, tt.err)
			if tt.err == nil && !slices.Equal(idsOf(got), tt.want) {
				t.Errorf("videos %v, want %v", idsOf(got), tt.want)
			}
		})
	}
}

func TestFindMissing(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	for range 3 {
		w.publish(t)
	}
	open := w.begin(t)
	if err := w.DeleteVideo(ctx, 2, amy); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		ids  []int64
		want []int64
		err  error
	}{
		{name: "OrderOfTheRequestEachOnce", ids: []int64{99, 3, open.VideoID, 2, 1, 99}, want: []int64{99, open.VideoID, 2}},
		{name: "AllExist", ids: []int64{1, 3}},
		{name: "None"},
		{name: "TooMany", ids: append(make1000(1), 1), err: video.ErrRequestInvalid},
		{name: "Zero", ids: []int64{0}, err: video.ErrRequestInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.FindMissing(ctx, tt.ids)
			wantError(t, err, tt.err)
			if tt.err == nil && !slices.Equal(got, tt.want) {
				t.Errorf("missing are %v, want %v", got, tt.want)
			}
		})
	}
}

// make1000 lists a thousand ids.
func make1000(from int64) []int64 {
	ids := make([]int64, 1_000)
	for i := range ids {
		ids[i] = from + int64(i)
	}
	return ids
}

func TestCountWorks(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	w.show(t)
	w.show(t)
	w.publish(t) // does not count yet
	w.begin(t)   // does not count
	tests := []struct {
		name string
		ids  []int64
		want []video.WorkCount
		err  error
	}{
		{name: "OrderOfTheRequest", ids: []int64{bob, amy, stranger}, want: []video.WorkCount{{UserID: bob}, {UserID: amy, Works: 2}, {UserID: stranger}}},
		{name: "EachOnce", ids: []int64{amy, bob, amy}, want: []video.WorkCount{{UserID: amy, Works: 2}, {UserID: bob}}},
		{name: "None"},
		{name: "TooMany", ids: append(make1000(1), 1), err: video.ErrRequestInvalid},
		{name: "Zero", ids: []int64{0}, err: video.ErrRequestInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.CountWorks(ctx, tt.ids)
			wantError(t, err, tt.err)
			if tt.err == nil && !slices.Equal(got, tt.want) {
				t.Errorf("counts %v, want %v", got, tt.want)
			}
		})
	}
}
