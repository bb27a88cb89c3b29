//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// put uploads a part as any HTTP client would. The store has to accept it.
func put(t *testing.T, part client.UploadPart, content []byte) {
	t.Helper()
	if status, body := tryPut(t, part, content); status != http.StatusOK {
		t.Fatalf("PUT of part %d: %d %s", part.Number, status, body)
	}
}

func tryPut(t *testing.T, part client.UploadPart, content []byte) (status int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, part.URL, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// piece is the content of a part.
func piece(movie []byte, partSize int64, part client.UploadPart) []byte {
	from := int64(part.Number-1) * partSize
	return movie[from : from+part.Size]
}

// A client uploads a video in parts straight into the store, resumes after a while,
// and plays it from there. It is processed like any other video.
func TestObjectsDirectUploadAndPlay(t *testing.T) {
	t.Parallel()
	e2etest.NeedS3(t)
	p := e2etest.NewPhone()
	a, other := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	movie := e2etest.Clip(t, "direct.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "+faststart")
	movie = e2etest.WithBox(e2etest.WithBox(movie, []byte(e2etest.Random())), bytes.Repeat([]byte("filler"), 3<<19))

	began := e2etest.Must(p.BeginUpload(t.Context(), a.Token, int64(len(movie))))(t)
	e2etest.Accepted(t, began)
	if len(began.Parts) < 2 || began.PartSize < 5<<20 || began.VideoID <= 0 {
		t.Fatalf("began %d parts of %d bytes for %d", len(began.Parts), began.PartSize, len(movie))
	}
	put(t, began.Parts[1], piece(movie, began.PartSize, began.Parts[1]))
	s := e2etest.Must(p.PublishStatus(t.Context(), a.Token, began.VideoID))(t)
	e2etest.Accepted(t, s)
	if s.State != client.StateUploading || s.UploadedBytes != began.Parts[1].Size || s.TotalBytes != int64(len(movie)) {
		t.Errorf("after one part: %+v", s)
	}
	e2etest.RefusedWith(t, client.CodeUploadIncomplete, e2etest.Must(p.CompleteUpload(t.Context(), a.Token, began.VideoID, "too early"))(t))
	e2etest.Refused(t, e2etest.Must(p.CompleteUpload(t.Context(), other.Token, began.VideoID, "not mine"))(t))
	e2etest.Refused(t, e2etest.Must(p.PublishStatus(t.Context(), other.Token, began.VideoID))(t))

	again := e2etest.Must(p.ResumeUpload(t.Context(), a.Token, began.VideoID))(t)
	e2etest.Accepted(t, again)
	if again.VideoID != began.VideoID || len(again.Parts) != len(began.Parts)-1 {
		t.Fatalf("resumed: %+v", again)
	}
	for _, part := range again.Parts {
		put(t, part, piece(movie, again.PartSize, part))
	}
	e2etest.RefusedWith(t, client.CodeTitleInvalid, e2etest.Must(p.CompleteUpload(t.Context(), a.Token, began.VideoID, " "))(t))
	for range 2 { // the first response may be lost
		r := e2etest.Must(p.CompleteUpload(t.Context(), a.Token, began.VideoID, "uploaded in parts"))(t)
		e2etest.Accepted(t, r)
		if r.VideoID != began.VideoID {
			t.Errorf("began video %d, completed %d", began.VideoID, r.VideoID)
		}
	}
	e2etest.WaitReady(t, p, a, began.VideoID)
	video := e2etest.ListedVideo(t, p, a, began.VideoID, "")
	e2etest.CheckPlayable(t, video)
	e2etest.CheckCover(t, video)

	// The bytes come from the store itself.
	refusing := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, video.PlayURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := refusing.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); res.StatusCode != http.StatusFound || !strings.HasPrefix(to, os.Getenv("TEST_S3_ENDPOINT")) {
		t.Errorf("play_url: %s to %.60s", res.Status, to)
	}
	body, res := e2etest.Download(t, http.MethodGet, video.PlayURL, map[string]string{"Range": "bytes=4-7"})
	if res.StatusCode != http.StatusPartialContent || string(body) != "ftyp" {
		t.Errorf("a range: %s %q", res.Status, body)
	}
	if _, res := e2etest.Download(t, http.MethodHead, video.PlayURL, nil); res.StatusCode != http.StatusOK || res.ContentLength <= 0 {
		t.Errorf("HEAD: %s", res.Status)
	}
	e2etest.Accepted(t, e2etest.Must(p.DeleteVideo(t.Context(), a.Token, video.ID))(t))
}

// Direct uploads obey the same rules as uploads through the gateway, and refused ones
// leave nothing.
func TestObjectsRefusedDirectUploads(t *testing.T) {
	e2etest.NeedS3(t)
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	before := e2etest.StoredObjects(t)
	for what, query := range map[string]url.Values{
		"no size": {}, "size of 0": {"size": {"0"}}, "negative": {"size": {"-1"}}, "nonsense": {"size": {"large"}},
		"5 GB": {"size": {"5000000000"}}, "another's upload": {"video_id": {"12345"}},
	} {
		t.Run(what, func(t *testing.T) {
			query.Set("token", a.Token)
			e2etest.Refused(t, e2etest.Must(client.Call[client.BeginUploadResponse](t.Context(), p, http.MethodPost, "/douyin/publish/begin/", query))(t))
		})
	}
	e2etest.RefusedWith(t, client.CodeTokenInvalid, e2etest.Must(p.BeginUpload(t.Context(), "", 1000))(t))

	upload := func(t *testing.T, declared int, content []byte) client.BeginUploadResponse {
		t.Helper()
		r := e2etest.Must(p.BeginUpload(t.Context(), a.Token, int64(declared)))(t)
		e2etest.Accepted(t, r)
		put(t, r.Parts[0], content)
		return r
	}
	t.Run("text", func(t *testing.T) {
		text := []byte(strings.Repeat("#EXTM3U hello ", 1000))
		r := upload(t, len(text), text)
		e2etest.RefusedWith(t, client.CodeVideoFormat, e2etest.Must(p.CompleteUpload(t.Context(), a.Token, r.VideoID, "text"))(t))
		e2etest.Refused(t, e2etest.Must(p.CompleteUpload(t.Context(), a.Token, r.VideoID, "text"))(t))
	})
	// The store accepts exactly the announced size, from anybody with the address.
	movie := e2etest.SmallVideo(t)
	for what, declared := range map[string]int{"more than declared": len(movie) - 1, "less than declared": len(movie) + 1, "far more": 100} {
		t.Run(what, func(t *testing.T) {
			r := e2etest.Must(p.BeginUpload(t.Context(), a.Token, int64(declared)))(t)
			e2etest.Accepted(t, r)
			if status, _ := tryPut(t, r.Parts[0], movie); status != http.StatusForbidden {
				t.Errorf("the store answers %d", status)
			}
			e2etest.RefusedWith(t, client.CodeUploadIncomplete, e2etest.Must(p.CompleteUpload(t.Context(), a.Token, r.VideoID, what))(t))
			// The upload can be given up.
			e2etest.Accepted(t, e2etest.Must(p.DeleteVideo(t.Context(), a.Token, r.VideoID))(t))
			e2etest.Refused(t, e2etest.Must(p.ResumeUpload(t.Context(), a.Token, r.VideoID))(t))
		})
	}
	t.Run("no video after the first box", func(t *testing.T) {
		noise := append([]byte(e2etest.MP4Head), bytes.Repeat([]byte("noise"), 1000)...)
		r := upload(t, len(noise), noise)
		e2etest.Accepted(t, e2etest.Must(p.CompleteUpload(t.Context(), a.Token, r.VideoID, "noise"))(t))
		if s := e2etest.WaitProcessed(t, p, a, r.VideoID); s.State != client.StateFailed || s.FailureReason != videov1.FailureUnreadable {
			t.Errorf("it is %+v", s)
		}
	})
	if list := e2etest.Must(p.PublishList(t.Context(), a.ID, "", client.Page{}))(t); len(list.Videos) != 0 {
		t.Errorf("%d of them are listed", len(list.Videos))
	}
	e2etest.Within(t, e2etest.RemovalTimeout, "no object is left", func(context.Context) error {
		if left := e2etest.NewObjects(t, before); len(left) > 0 {
			return fmt.Errorf("%d objects, first %s", len(left), left[0])
		}
		return nil
	})
}

// Without an S3 store direct uploads are refused.
func TestDirectUploadWithoutS3(t *testing.T) {
	t.Parallel()
	if e2etest.HasS3() {
		t.Skip("this stack has an S3 store")
	}
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	e2etest.RefusedWith(t, client.CodeDirectUploadUnavailable, e2etest.Must(p.BeginUpload(t.Context(), a.Token, 1000))(t))
}
