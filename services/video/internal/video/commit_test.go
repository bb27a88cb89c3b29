package video_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func TestCommitUpload(t *testing.T) {
	w := newHarness()
	u := w.begin(t)
	w.clock.Move(time.Minute)
	got, err := w.CommitUpload(context.Background(), u.VideoID, amy, "  第一次 🎬\n", written(u))
	if err != nil {
		t.Fatal(err)
	}
	want := video.Video{
		ID: u.VideoID, AuthorID: amy, Title: "第一次 🎬", State: video.StateUploaded,
		PublishedAtMs: w.clock.Now().UnixMilli(), Source: written(u), Version: 1,
	}
	if got != want {
		t.Errorf("committed %+v, want %+v", got, want)
	}
	own, _, err := w.ListByAuthor(context.Background(), amy, 0, 0, true)
	if err != nil || len(own) != 1 || own[0] != want {
		t.Errorf("the author's list is %+v, %v", own, err)
	}
	if feed, err := w.Feed(context.Background(), 0, 0); err != nil || len(feed) != 0 {
		t.Errorf("the feed is %+v, %v", feed, err)
	}
	if job, there := w.store.Job(u.VideoID); !there || job != (video.Job{DueAtMs: want.PublishedAtMs}) {
		t.Errorf("the job is %+v, %v", job, there)
	}
	if published := w.store.Published(); !slices.Equal(published, []fake.Published{{Event: video.EventUploaded, VideoID: u.VideoID, Version: 1}}) {
		t.Errorf("published %+v", published)
	}
	if left := w.store.Uploads(); len(left) != 0 {
		t.Errorf("the upload is still there: %+v", left)
	}
	if left := w.objects.Left(); left != u.Parts() {
		t.Errorf("%d parts left, want all %d", left, u.Parts())
	}
}

func TestCommitUploadRefusals(t *testing.T) {
	tests := []struct {
		name   string
		object func(*video.Object)
		title  string
		id     int64
		author int64
		later  time.Duration
		want   error
	}{
		{name: "Title", title: " ", want: video.ErrTitleInvalid},
		{name: "Empty", object: func(o *video.Object) { o.Size = 0 }, want: video.ErrVideoEmpty},
		{name: "SizeNegative", object: func(o *video.Object) { o.Size = -1 }, want: video.ErrObjectInvalid},
		{name: "SizeOverTheLimit", object: func(o *video.Object) { o.Size = maxSize + 1 }, want: video.ErrVideoTooLarge},
		{name: "SizeAtTheLimit", object: func(o *video.Object) { o.Size = maxSize }},
		{name: "AnotherKey", object: func(o *video.Object) { o.Key = "videos/9/source" }, want: video.ErrObjectInvalid},
		{name: "NoKey", object: func(o *video.Object) { o.Key = "" }, want: video.ErrObjectInvalid},
		{name: "AnotherPartSize", object: func(o *video.Object) { o.PartSize++ }, want: video.ErrObjectInvalid},
		{name: "AnotherLayout", object: func(o *video.Object) { o.Layout = video.LayoutWhole }, want: video.ErrObjectInvalid},
		{name: "NoPartSize", object: func(o *video.Object) { o.PartSize = 0 }, want: video.ErrObjectInvalid},
		{name: "TypeOfAPage", object: func(o *video.Object) { o.ContentType = "text/html" }, want: video.ErrObjectInvalid},
		{name: "TypeEmpty", object: func(o *video.Object) { o.ContentType = "" }, want: video.ErrObjectInvalid},
		{name: "TypeWithoutSubtype", object: func(o *video.Object) { o.ContentType = "video/" }, want: video.ErrObjectInvalid},
		{name: "TypeThatBreaksAHeader", object: func(o *video.Object) { o.ContentType = "video/mp4\r\nX: y" }, want: video.ErrObjectInvalid},
		{name: "TypeMatroska", object: func(o *video.Object) { o.ContentType = "video/x-matroska" }},
		{name: "Unknown", id: 99, want: video.ErrUploadUnknown},
		{name: "OfAnotherAuthor", author: bob, want: video.ErrUploadUnknown},
		{name: "JustInTime", later: 2*time.Hour - time.Millisecond},
		{name: "Expired", later: 2 * time.Hour, want: video.ErrUploadUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newHarness()
			u := w.begin(t)
			object, title, id, author := written(u), "a title", u.VideoID, amy
			if tt.object != nil {
				tt.object(&object)
			}
			if tt.title != "" {
				title = tt.title
			}
			if tt.id != 0 {
				id = tt.id
			}
			if tt.author != 0 {
				author = tt.author
			}
			w.clock.Move(tt.later)
			_, err := w.CommitUpload(context.Background(), id, author, title, object)
			wantError(t, err, tt.want)
			if tt.want == nil {
				return
			}
			if own, _, _ := w.ListByAuthor(context.Background(), amy, 0, 0, true); len(own) != 0 {
				t.Errorf("refused, but stored %+v", own)
			}
			if len(w.store.Uploads()) != 1 || len(w.store.Published()) != 0 {
				t.Error("a refusal changed something")
			}
		})
	}
}

func TestCommitUploadAgain(t *testing.T) {
	ctx, w := context.Background(), newHarness()
	u := w.begin(t)
	first, err := w.commit(u, written(u))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Move(3 * time.Hour) // after the expiry of the upload

	again, err := w.CommitUpload(ctx, u.VideoID, amy, "another title", written(u))
	if err != nil || again != first {
		t.Errorf("repeated: %+v, %v; want %+v", again, err, first)
	}
	if published := len(w.store.Published()); published != 1 {
		t.Errorf("%d events after a repetition", published)
	}

	other := written(u)
	other.SHA256[0]++
	_, err = w.commit(u, other)
	wantError(t, err, video.ErrUploadCommitted)
	_, err = w.CommitUpload(ctx, u.VideoID, bob, "a title", written(u))
	wantError(t, err, video.ErrUploadUnknown)
}

// A direct upload has no checksum until it is processed, and the size of its pieces
// is independent of the upload.
func TestCommitWholeUpload(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name     string
		layout   video.Layout
		partSize int64
		want     error
	}{
		{"LeastPieces", video.LayoutWhole, 64 << 10, nil},
		{"GreatestPieces", video.LayoutWhole, 3 << 20, nil},
		{"PiecesTooSmall", video.LayoutWhole, 64<<10 - 1, video.ErrObjectInvalid},
		{"PiecesTooGreat", video.LayoutWhole, 3<<20 + 1, video.ErrObjectInvalid},
		{"InParts", video.LayoutParts, 50, video.ErrObjectInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newHarness()
			u, err := w.BeginUpload(ctx, amy, 0, true)
			if err != nil {
				t.Fatal(err)
			}
			o := written(u)
			o.Layout, o.PartSize = tt.layout, tt.partSize
			_, err = w.commit(u, o)
			wantError(t, err, tt.want)
			if tt.want != nil {
				return
			}
			a := w.claim(t)
			w.reserve(t, a)
			r := result(a)
			r.SourceSHA256[0]++ // differs from the provisional checksum
			if err := w.FinishJob(ctx, a.VideoID, a.Attempt, r); err != nil {
				t.Fatal(err)
			}
			if v := w.video(t, u.VideoID); v.Source.SHA256 != r.SourceSHA256 {
				t.Error("the checksum was not corrected")
			}
			if _, err := w.commit(u, o); err != nil {
				t.Errorf("repeated after the correction: %v", err)
			}
			o.Size++
			_, err = w.commit(u, o)
			wantError(t, err, video.ErrUploadCommitted)
		})
	}
}

func TestCommitUploadAfterAbort(t *testing.T) {
	w := newHarness()
	u := w.begin(t)
	w.objects.SetDown(true) // the row stays, aborting
	if err := w.AbortUpload(context.Background(), u.VideoID, amy); err != nil {
		t.Fatal(err)
	}
	_, err := w.commit(u, written(u))
	wantError(t, err, video.ErrUploadUnknown)
}

func TestPublishTimesNeverTie(t *testing.T) {
	w := newHarness()
	start := w.clock.Now().UnixMilli()
	for i, move := range []time.Duration{0, 0, 0, time.Second, -time.Second} {
		w.clock.Move(move)
		// The fourth is a second later. Before the fifth the clock goes back by a second.
		want := []int64{start, start + 1, start + 2, start + 1_000, start + 3}[i]
		if v := w.publish(t); v.PublishedAtMs != want {
			t.Errorf("video %d published at +%d ms, want +%d", i, v.PublishedAtMs-start, want-start)
		}
	}
}

func TestAbortUpload(t *testing.T) {
	ctx := context.Background()
	t.Run("RemovesPartsAtOnce", func(t *testing.T) {
		w := newHarness()
		u := w.begin(t)
		for range 2 { // repeating succeeds
			if err := w.AbortUpload(ctx, u.VideoID, amy); err != nil {
				t.Fatal(err)
			}
		}
		if left := w.objects.Left(); left != 0 {
			t.Errorf("%d parts left", left)
		}
		wantAborting(t, w)
	})
	t.Run("ObjectStoreDown", func(t *testing.T) {
		w := newHarness()
		u := w.begin(t)
		w.objects.SetDown(true)
		if err := w.AbortUpload(ctx, u.VideoID, amy); err != nil {
			t.Fatalf("failed although the sweeper removes the parts: %v", err)
		}
		wantAborting(t, w)
	})
	t.Run("Unknown", func(t *testing.T) {
		if err := newHarness().AbortUpload(ctx, 99, amy); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("OfAnotherAuthor", func(t *testing.T) {
		w := newHarness()
		u := w.begin(t)
		if err := w.AbortUpload(ctx, u.VideoID, bob); err != nil {
			t.Fatal(err)
		}
		if left := w.store.Uploads(); len(left) != 1 || left[0] != u || w.objects.Left() != u.Parts() {
			t.Errorf("the upload of another author was changed: %+v", left)
		}
	})
	t.Run("Committed", func(t *testing.T) {
		w := newHarness()
		v := w.publish(t)
		wantError(t, w.AbortUpload(ctx, v.ID, amy), video.ErrUploadCommitted)
		if err := w.AbortUpload(ctx, v.ID, bob); err != nil {
			t.Fatalf("a stranger learns that the upload exists: %v", err)
		}
		if w.objects.Left() == 0 {
			t.Error("the parts of a video were removed")
		}
	})
	t.Run("StoreDown", func(t *testing.T) {
		w := newHarness()
		u := w.begin(t)
		w.Uploads = fake.BrokenUploads{Uploads: w.store}
		wantError(t, w.AbortUpload(ctx, u.VideoID, amy), fake.ErrDown)
		if w.objects.Left() != u.Parts() {
			t.Error("parts were removed although the row is not aborting")
		}
	})
}

// wantAborting checks that the only upload is aborting and due in a minute.
func wantAborting(t *testing.T, w *harness) {
	t.Helper()
	left := w.store.Uploads()
	if len(left) != 1 || !left[0].Aborting || left[0].DueAtMs != w.clock.Now().Add(time.Minute).UnixMilli() {
		t.Errorf("left for the sweeper: %+v", left)
	}
}
