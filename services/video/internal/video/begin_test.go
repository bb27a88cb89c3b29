package video_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func TestBeginUpload(t *testing.T) {
	tests := []struct {
		name     string
		author   int64
		declared int64
		direct   bool
		down     error
		want     error
		maxSize  int64
		parts    int
	}{
		{name: "SizeUnknown", author: amy, maxSize: maxSize, parts: 10},
		{name: "Direct", author: amy, direct: true, maxSize: maxSize, parts: 1},
		{name: "SizeDeclared", author: amy, declared: 20, maxSize: 20, parts: 2},
		{name: "SizeDeclaredPastABorder", author: amy, declared: 21, maxSize: 21, parts: 3},
		{name: "SizeAtTheLimit", author: amy, declared: maxSize, maxSize: maxSize, parts: 10},
		{name: "SizeOverTheLimit", author: amy, declared: maxSize + 1, want: video.ErrVideoTooLarge},
		{name: "SizeNegative", author: amy, declared: -1, want: video.ErrRequestInvalid},
		{name: "AuthorUnknown", author: stranger, want: video.ErrUserUnknown},
		{name: "AuthorZero", author: 0, want: video.ErrRequestInvalid},
		{name: "AuthorNegative", author: -amy, want: video.ErrRequestInvalid},
		{name: "UserServiceDown", author: amy, down: fake.ErrDown, want: fake.ErrDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newHarness()
			w.authors.Err = tt.down
			u, err := w.BeginUpload(context.Background(), tt.author, tt.declared, tt.direct)
			wantError(t, err, tt.want)
			if tt.want != nil {
				if left := w.store.Uploads(); len(left) != 0 {
					t.Fatalf("refused, but stored %+v", left)
				}
				return
			}
			start := w.clock.Now()
			want := video.Upload{
				VideoID: 1, AuthorID: tt.author, ObjectKey: "videos/1/source", PartSize: partSize, MaxSize: tt.maxSize,
				ExpiresAtMs: start.Add(2 * time.Hour).UnixMilli(),
				DueAtMs:     start.Add(2*time.Hour + 5*time.Minute).UnixMilli(),
			}
			if tt.direct {
				want.Layout, want.PartSize = video.LayoutWhole, 50
			}
			if u != want || u.Parts() != tt.parts {
				t.Errorf("began %+v of %d parts, want %+v of %d", u, u.Parts(), want, tt.parts)
			}
			if stored := w.store.Uploads(); len(stored) != 1 || stored[0] != want {
				t.Errorf("stored %+v, want %+v", stored, want)
			}
		})
	}
}

func TestBeginUploadLimitPerAuthor(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	first := w.begin(t)
	w.begin(t)
	third := w.begin(t)
	_, err := w.BeginUpload(ctx, amy, 0, false)
	wantError(t, err, video.ErrUploadsTooMany)
	if _, err := w.BeginUpload(ctx, bob, 0, false); err != nil {
		t.Fatalf("another author is refused: %v", err)
	}
	if _, err := w.commit(first, written(first)); err != nil {
		t.Fatal(err)
	}
	w.begin(t)
	_, err = w.BeginUpload(ctx, amy, 0, false)
	wantError(t, err, video.ErrUploadsTooMany)
	if err := w.AbortUpload(ctx, third.VideoID, amy); err != nil {
		t.Fatal(err)
	}
	w.begin(t)
}

func TestGetUpload(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	open, aborted, committed := w.begin(t), w.begin(t), w.publish(t)
	if err := w.AbortUpload(ctx, aborted.VideoID, amy); err != nil {
		t.Fatal(err)
	}
	if got, err := w.GetUpload(ctx, open.VideoID, amy); err != nil || got != open {
		t.Errorf("found %+v, %v; want %+v", got, err, open)
	}
	for _, tt := range []struct {
		name       string
		id, author int64
		want       error
	}{
		{"Unknown", 99, amy, video.ErrUploadUnknown},
		{"OfSomebodyElse", open.VideoID, bob, video.ErrUploadUnknown},
		{"Aborted", aborted.VideoID, amy, video.ErrUploadUnknown},
		{"Committed", committed.ID, amy, video.ErrUploadCommitted},
		{"CommittedBySomebodyElse", committed.ID, bob, video.ErrUploadUnknown},
	} {
		_, err := w.GetUpload(ctx, tt.id, tt.author)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	w.clock.Move(2 * time.Hour)
	_, err := w.GetUpload(ctx, open.VideoID, amy)
	wantError(t, err, video.ErrUploadUnknown)
}
