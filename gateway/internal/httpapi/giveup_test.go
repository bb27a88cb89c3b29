package httpapi_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// An upload that its author has no use for must not count until it expires.
func TestDeleteGivesUpDirectUploads(t *testing.T) {
	r := newDirectRig(t)
	b := r.begin(t, "size", "5000")
	r.put(b, movie(5000), all)
	id := text(b.VideoID)
	wantCode(t, "somebody else's", r.post(t, "delete/", "video_id", id, "token", r.tokenOf(t, 2)), 3009)
	if r.videos.Open() != 1 {
		t.Fatal("somebody else gave it up")
	}
	wantCode(t, "own", r.post(t, "delete/", "video_id", id), 0)
	if r.videos.Open() != 0 || r.videos.Aborted() != 1 || r.s3.Len() != 0 {
		t.Errorf("%d open, %d in the store", r.videos.Open(), r.s3.Len())
	}
	wantCode(t, "again", r.post(t, "delete/", "video_id", id), 3009)
	wantCode(t, "completed", r.post(t, "complete/", "video_id", id, "title", "t"), 3007)
	wantCode(t, "status", r.get(t, "/douyin/publish/status/", url.Values{"token": {r.token}, "video_id": {id}}), 3009)
}

// What the gateway is writing goes on, whoever wants it deleted.
func TestDeleteLeavesFormUploadsAlone(t *testing.T) {
	r := newDirectRig(t)
	hold := make(chan struct{})
	r.blobs.OnPut = func(string) { <-hold }
	var held sync.WaitGroup
	held.Go(func() {
		wantCode(t, "upload", r.upload(t, nil, field("token", r.token), field("title", "t"), file(movie(3000))), 0)
	})
	within(t, "the first part is being written", func() bool { return r.blobs.Count("Put") > 0 })
	query := url.Values{"token": {r.token}, "video_id": {"1001"}} // the first id that is given
	wantCode(t, "status", r.get(t, "/douyin/publish/status/", query), 0)
	wantCode(t, "delete", r.post(t, "delete/", "video_id", "1001"), 3009)
	if r.videos.Open() != 1 || r.videos.Count("AbortUpload") != 0 {
		t.Errorf("%d open, %d given up", r.videos.Open(), r.videos.Count("AbortUpload"))
	}
	close(hold)
	held.Wait()
	wantCode(t, "delete, of a video", r.post(t, "delete/", "video_id", "1001"), 0)
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
