package upload_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// An abandoned upload must not count until it expires.
func TestDeleteGivesUpDirectUploads(t *testing.T) {
	h := newDirectHarness(t)
	b := h.begin(t, "size", "5000")
	h.put(b, apitest.Movie(5000), all)
	id := text(b.VideoID)
	apitest.WantCode(t, "somebody else's", h.post(t, "delete/", "video_id", id, "token", h.TokenOf(t, 2)), 3009)
	if h.Videos.Open() != 1 {
		t.Fatal("somebody else gave it up")
	}
	apitest.WantCode(t, "own", h.post(t, "delete/", "video_id", id), 0)
	if h.Videos.Open() != 0 || h.Videos.Aborted() != 1 || h.S3.Len() != 0 {
		t.Errorf("%d open, %d in the store", h.Videos.Open(), h.S3.Len())
	}
	apitest.WantCode(t, "again", h.post(t, "delete/", "video_id", id), 3009)
	apitest.WantCode(t, "completed", h.post(t, "complete/", "video_id", id, "title", "t"), 3007)
	apitest.WantCode(t, "status", h.Get(t, "/douyin/publish/status/", url.Values{"token": {h.token}, "video_id": {id}}), 3009)
}

// An upload that a gateway is writing continues, whoever deletes it.
func TestDeleteLeavesFormUploadsAlone(t *testing.T) {
	h := newDirectHarness(t)
	blocked := make(chan struct{})
	h.Blobs.OnPut = func(string) { <-blocked }
	var uploads sync.WaitGroup
	uploads.Go(func() {
		apitest.WantCode(t, "upload", h.Upload(t, nil, apitest.Field("token", h.token), apitest.Field("title", "t"), apitest.File(apitest.Movie(3000))), 0)
	})
	apitest.Within(t, "the first part is being written", func() bool { return h.Blobs.Count("Put") > 0 })
	query := url.Values{"token": {h.token}, "video_id": {"1001"}} // the first id of the fake
	apitest.WantCode(t, "status", h.Get(t, "/douyin/publish/status/", query), 0)
	apitest.WantCode(t, "delete", h.post(t, "delete/", "video_id", "1001"), 3009)
	if h.Videos.Open() != 1 || h.Videos.Count("AbortUpload") != 0 {
		t.Errorf("%d open, %d given up", h.Videos.Open(), h.Videos.Count("AbortUpload"))
	}
	close(blocked)
	uploads.Wait()
	apitest.WantCode(t, "delete, of a video", h.post(t, "delete/", "video_id", "1001"), 0)
}

func TestGivingUpFails(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	h := newDirectHarness(t)
	id := text(h.begin(t, "size", "5000").VideoID)
	for _, method := range []string{"GetUpload", "AbortUpload"} {
		h.Videos.Fail(method, down)
		if apitest.Code(t, h.post(t, "delete/", "video_id", id)) == 0 || h.Videos.Open() != 1 {
			t.Errorf("%s: no error, %d open", method, h.Videos.Open())
		}
	}
	// The sweeper removes the rest of the bytes later.
	h.S3.Fail("Delete", down)
	apitest.WantCode(t, "store down", h.post(t, "delete/", "video_id", id), 0)
}

// An upload that becomes a video while it is given up is deleted as a video.
func TestUploadThatIsCommittedWhileItIsDeleted(t *testing.T) {
	for _, method := range []string{"GetUpload", "AbortUpload"} {
		h := newDirectHarness(t)
		b := h.begin(t, "size", "5000")
		h.put(b, apitest.Movie(5000), all)
		if method == "AbortUpload" {
			h.Videos.OnAbort = func() {
				apitest.WantCode(t, "complete", h.post(t, "complete/", "video_id", text(b.VideoID), "title", "t"), 0)
			}
		} else {
			apitest.WantCode(t, "complete", h.post(t, "complete/", "video_id", text(b.VideoID), "title", "t"), 0)
			h.Videos.Fail("DeleteVideo", errs.New(errs.NotFound, videov1.ReasonVideoUnknown, ""))
		}
		apitest.WantCode(t, method, h.Send(t, http.MethodPost, "/douyin/publish/delete/", url.Values{"token": {h.token}, "video_id": {text(b.VideoID)}}, "", nil), 0)
		if n := len(h.Videos.Published()); n != 0 {
			t.Errorf("%s: %d videos", method, n)
		}
	}
}
