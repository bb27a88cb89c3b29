package video_test

import (
	"context"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// beginTouched begins an upload whose caller promises to touch it.
func (w *harness) beginTouched(t *testing.T) video.Upload {
	t.Helper()
	u, err := w.BeginUpload(context.Background(), video.UploadRequest{AuthorID: amy, Touched: true})
	if err != nil {
		t.Fatal(err)
	}
	w.objects.Write(u.ObjectKey, u.Parts())
	return u.Upload
}

// A caller that dies, or never got the response, does not use up the allowance of
// the author for longer than five minutes.
func TestUntouchedUploadsAreSwept(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	for range 3 {
		w.beginTouched(t)
	}
	_, err := w.BeginUpload(ctx, video.UploadRequest{AuthorID: amy, Touched: true})
	wantError(t, err, video.ErrUploadsTooMany)
	w.clock.Move(5*time.Minute - time.Millisecond)
	sweep(t, w, 0)
	w.clock.Move(time.Millisecond)
	sweep(t, w, 3)
	w.beginTouched(t)
}

func TestTouchedUploadStaysUntilItExpires(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	u := w.beginTouched(t)
	for minute := range 119 {
		w.clock.Move(time.Minute)
		left, err := w.TouchUpload(ctx, u.VideoID, amy)
		want := min(4*time.Minute, time.Duration(119-minute)*time.Minute)
		if err != nil || left != want {
			t.Fatalf("minute %d: touched for %v, %v; want %v", minute+1, left, err, want)
		}
		sweep(t, w, 0)
	}
	w.clock.Move(time.Minute)
	_, err := w.TouchUpload(ctx, u.VideoID, amy)
	wantError(t, err, video.ErrUploadUnknown)
	w.clock.Move(4 * time.Minute)
	sweep(t, w, 1)
}

func TestTouchDoesNotShortenAnUpload(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	u := w.begin(t)
	if _, err := w.TouchUpload(ctx, u.VideoID, amy); err != nil {
		t.Fatal(err)
	}
	if left := w.store.Uploads(); left[0] != u {
		t.Errorf("became %+v, was %+v", left[0], u)
	}
}

func TestTouchRefusals(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	open, aborted, committed := w.beginTouched(t), w.beginTouched(t), w.publish(t)
	if err := w.AbortUpload(ctx, aborted.VideoID, amy); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name       string
		id, author int64
		want       error
	}{
		{"Open", open.VideoID, amy, nil},
		{"Unknown", 99, amy, video.ErrUploadUnknown},
		{"OfAnotherAuthor", open.VideoID, bob, video.ErrUploadUnknown},
		{"Aborted", aborted.VideoID, amy, video.ErrUploadUnknown},
		{"Committed", committed.ID, amy, video.ErrUploadCommitted},
		{"CommittedByAnotherAuthor", committed.ID, bob, video.ErrUploadUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.TouchUpload(ctx, tt.id, tt.author)
			wantError(t, err, tt.want)
		})
	}
	w.clock.Move(5 * time.Minute)
	w.objects.SetDown(true)
	_, _ = w.Sweep(ctx) // the row stays, aborting
	_, err := w.TouchUpload(ctx, open.VideoID, amy)
	wantError(t, err, video.ErrUploadUnknown)
}
