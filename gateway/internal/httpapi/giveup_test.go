package httpapi_test

import (
	"net/http"
	"net/url"
	"testing"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// An upload that its author has no use for must not count until it expires.
func TestDeleteGivesUpOpenUploads(t *testing.T) {
	for what, direct := range map[string]bool{"direct": true, "form": false} {
		r := newDirectRig(t)
		var id int64
		if direct {
			b := r.begin(t, "size", "5000")
			r.put(b, movie(5000), all)
			id = b.VideoID
		} else {
			begun, err := r.videos.BeginUpload(t.Context(), &videov1.BeginUploadRequest{AuthorId: 1})
			if err != nil {
				t.Fatal(err)
			}
			id = begun.GetVideoId()
		}
		wantCode(t, what+", somebody else's", r.post(t, "delete/", "video_id", text(id), "token", r.tokenOf(t, 2)), 3009)
		if r.videos.Open() != 1 {
			t.Fatalf("%s: somebody else gave it up", what)
		}
		wantCode(t, what, r.post(t, "delete/", "video_id", text(id)), 0)
		if r.videos.Open() != 0 || r.videos.Aborted() != 1 || r.s3.Len() != 0 {
			t.Errorf("%s: %d open, %d in the store", what, r.videos.Open(), r.s3.Len())
		}
		wantCode(t, what+", again", r.post(t, "delete/", "video_id", text(id)), 3009)
		wantCode(t, what+", completed", r.post(t, "complete/", "video_id", text(id), "title", "t"), 3007)
		wantCode(t, what+", status", r.get(t, "/douyin/publish/status/", url.Values{"token": {r.token}, "video_id": {text(id)}}), 3009)
	}
}

func TestGivingUpThatFails(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	r := newDirectRig(t)
	id := text(r.begin(t, "size", "5000").VideoID)
	for _, method := range []string{"GetUpload", "AbortUpload"} {
		r.videos.Fail(method, down)
		if code(t, r.post(t, "delete/", "video_id", id)) == 0 || r.videos.Open() != 1 {
			t.Errorf("%s: no error, %d open", method, r.videos.Open())
		}
	}
	// The sweeper gets what the store keeps.
	r.s3.Fail("Delete", down)
	wantCode(t, "store down", r.post(t, "delete/", "video_id", id), 0)
}

// An upload that gets a video while it is being given up is deleted as one.
func TestUploadThatIsCommittedWhileItIsDeleted(t *testing.T) {
	for _, method := range []string{"GetUpload", "AbortUpload"} {
		r := newDirectRig(t)
		b := r.begin(t, "size", "5000")
		r.put(b, movie(5000), all)
		if method == "AbortUpload" {
			r.videos.OnAbort = func() {
				wantCode(t, "complete", r.post(t, "complete/", "video_id", text(b.VideoID), "title", "t"), 0)
			}
		} else {
			wantCode(t, "complete", r.post(t, "complete/", "video_id", text(b.VideoID), "title", "t"), 0)
			r.videos.Fail("DeleteVideo", errs.New(errs.NotFound, "VIDEO_UNKNOWN", ""))
		}
		wantCode(t, method, r.send(t, http.MethodPost, "/douyin/publish/delete/", url.Values{"token": {r.token}, "video_id": {text(b.VideoID)}}, "", nil), 0)
		if n := len(r.videos.Published()); n != 0 {
			t.Errorf("%s: %d videos", method, n)
		}
	}
}
