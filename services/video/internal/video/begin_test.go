package video_test

import (
	"context"
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
		down     error
		want     error
		maxSize  int64
		parts    int
	}{
		{name: "SizeUnknown", author: amy, maxSize: maxSize, parts: 10},
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
			w := newWorld()
			w.authors.Err = tt.down
			u, err := w.BeginUpload(context.Background(), tt.author, tt.declared)
			wantError(t, err, tt.want)
			if tt.want != nil {
				if left := w.store.Uploads(); len(left) != 0 {
					t.Fatalf("refused, and yet there is %+v", left)
				}
				return
			}
			start := w.clock.Now()
			want := video.Upload{
				VideoID: 1, AuthorID: tt.author, ObjectKey: "videos/1/source", PartSize: partSize, MaxSize: tt.maxSize,
				ExpiresAtMs: start.Add(2 * time.Hour).UnixMilli(),
				DueAtMs:     start.Add(2*time.Hour + 5*time.Minute).UnixMilli(),
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
	ctx, w := context.Background(), newWorld()
	first := w.begin(t)
	w.begin(t)
	third := w.begin(t)
	_, err := w.BeginUpload(ctx, amy, 0)
	wantError(t, err, video.ErrUploadsTooMany)
	if _, err := w.BeginUpload(ctx, bob, 0); err != nil {
		t.Fatalf("another author is refused: %v", err)
	}
	if _, err := w.commit(first, written(first)); err != nil {
		t.Fatal(err)
	}
	w.begin(t)
	_, err = w.BeginUpload(ctx, amy, 0)
	wantError(t, err, video.ErrUploadsTooMany)
	if err := w.AbortUpload(ctx, third.VideoID, amy); err != nil {
		t.Fatal(err)
	}
	w.begin(t)
}
