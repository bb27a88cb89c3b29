package upload_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/fake"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

func smallUpload(t *testing.T, h *apitest.Harness) []byte {
	t.Helper()
	return h.Upload(t, nil, apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t"), apitest.File(apitest.Movie(3000)))
}

// An upload whose commit succeeded is never reported as failed, although the
// answers to both commits, and then to some aborts, were lost.
func TestCommitWithLostAnswer(t *testing.T) {
	down, late := errs.New(errs.Unavailable, "", ""), errs.New(errs.Timeout, "", "")
	for name, aborts := range map[string][]error{
		"the first abort is answered": nil,
		"the third abort is answered": {down, late},
	} {
		h := apitest.New(t, nil)
		h.Users.Add("amy", "x")
		h.Videos.LoseCommits = true
		h.Videos.Fail("AbortUpload", aborts...)
		apitest.WantCode(t, name, smallUpload(t, h), 0)
		if len(h.Videos.Published()) != 1 || h.Blobs.Len() == 0 {
			t.Errorf("%s: %d videos, %d parts", name, len(h.Videos.Published()), h.Blobs.Len())
		}
	}
}

// A commit that did not arrive is sent once more.
func TestCommitIsRepeatedOnce(t *testing.T) {
	for code, want := range map[errs.Code]int32{errs.Timeout: 5002, errs.Unavailable: 5001} {
		fault := errs.New(code, "", "")
		h := apitest.New(t, nil)
		h.Users.Add("amy", "x")
		h.Videos.Fail("CommitUpload", fault)
		apitest.WantCode(t, code.String()+" once", smallUpload(t, h), 0)
		if n, aborts := h.Videos.Count("CommitUpload"), h.Videos.Count("AbortUpload"); n != 2 || aborts != 0 {
			t.Errorf("%d commits, %d aborts", n, aborts)
		}

		h = apitest.New(t, nil)
		h.Users.Add("amy", "x")
		h.Videos.Fail("CommitUpload", fault, fault)
		apitest.WantCode(t, code.String()+" twice", smallUpload(t, h), want)
		if n := h.Videos.Count("CommitUpload"); n != 2 {
			t.Errorf("%d commits", n)
		}
		h.NothingLeft(t, code.String())
	}
}

// A refused commit is final.
func TestRefusedCommitIsNotRepeated(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	h.Videos.Fail("CommitUpload", errs.New(errs.Internal, "", ""))
	apitest.WantCode(t, "refused", smallUpload(t, h), 5000)
	if n := h.Videos.Count("CommitUpload"); n != 1 {
		t.Errorf("%d commits", n)
	}
	h.NothingLeft(t, "refused")
}

// The abort of an upload ends although the video service never answers.
func TestAbortEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		videos := &fake.Videos{}
		videos.Fail("AbortUpload", slices.Repeat([]error{errs.New(errs.Unavailable, "", "")}, 1000)...)
		start := time.Now()
		err := upload.Abort(t.Context(), videos, 1, 1)
		if took := time.Since(start); errs.CodeOf(err) != errs.Unavailable || took != 10*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		if n := videos.Count("AbortUpload"); n < 39 || n > 41 {
			t.Errorf("%d attempts in 10 s", n)
		}
	})
}
