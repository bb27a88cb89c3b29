//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

func TestMediaConditionsAndUnusualRanges(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	movie := e2etest.LargeVideo(t)
	video := e2etest.Publish(t, p, e2etest.NewAccount(t, p), "conditions", movie)
	_, head := e2etest.Download(t, http.MethodHead, video.PlayURL, nil)
	etag := head.Header.Get("ETag")

	for _, c := range []struct {
		what    string
		headers map[string]string
		status  int
		size    int // -1: not checked
	}{
		{"without conditions", nil, 200, len(movie)},
		{"known copy", map[string]string{"If-None-Match": etag}, 304, 0},
		{"other copy", map[string]string{"If-None-Match": `"other"`}, 200, len(movie)},
		{"range of the same file", map[string]string{"Range": "bytes=1-2", "If-Range": etag}, 206, 2},
		{"range of another file", map[string]string{"Range": "bytes=1-2", "If-Range": `"other"`}, 200, len(movie)},
		{"range past the end", map[string]string{"Range": "bytes=999999999-"}, 416, -1},
		{"backward range", map[string]string{"Range": "bytes=5-2"}, 416, -1},
		{"other match", map[string]string{"If-Match": `"other"`}, 412, -1},
	} {
		t.Run(c.what, func(t *testing.T) {
			body, res := e2etest.Download(t, http.MethodGet, video.PlayURL, c.headers)
			if res.StatusCode != c.status {
				t.Fatalf("status %d, want %d", res.StatusCode, c.status)
			}
			if c.size >= 0 && len(body) != c.size {
				t.Errorf("%d bytes, want %d", len(body), c.size)
			}
			if c.what == "range past the end" && res.Header.Get("Content-Range") == "" {
				t.Error("416 without the size in Content-Range")
			}
		})
	}

	t.Run("several ranges", func(t *testing.T) {
		header := map[string]string{"Range": "bytes=0-3," + span(e2etest.PartSize-2, e2etest.PartSize+2) + ",-4"}
		body, res := e2etest.Download(t, http.MethodGet, video.PlayURL, header)
		kind, params, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
		if res.StatusCode != http.StatusPartialContent || err != nil || kind != "multipart/byteranges" {
			t.Fatalf("%s, content type %q", res.Status, res.Header.Get("Content-Type"))
		}
		r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		for _, want := range [][]byte{movie[:4], movie[e2etest.PartSize-2 : e2etest.PartSize+2], movie[len(movie)-4:]} {
			part, err := r.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(part); err != nil || !bytes.Equal(got, want) {
				t.Errorf("part %q: %x, want %x (%v)", part.Header.Get("Content-Range"), got, want, err)
			}
		}
	})

	t.Run("may be cached for ever", func(t *testing.T) {
		if cc := head.Header.Get("Cache-Control"); !strings.Contains(cc, "immutable") {
			t.Errorf("Cache-Control %q: the bytes behind a play_url never change", cc)
		}
		if head.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Error("no nosniff on uploaded bytes")
		}
	})
}

// Other paths are not found, with the HTTP status that players understand.
func TestOtherMediaPathsAreNotFound(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	video := e2etest.Publish(t, p, e2etest.NewAccount(t, p), "paths", e2etest.SmallVideo(t))
	slash := strings.LastIndex(video.PlayURL, "/")
	dot := strings.LastIndex(video.PlayURL, ".")
	for _, address := range []string{
		video.PlayURL[:slash+1] + "0123456789abcdef.mp4", // another revision
		video.PlayURL[:slash+1],
		video.PlayURL[:slash],
		video.PlayURL[:dot],
		video.PlayURL[:dot] + ".sh",
		e2etest.BaseURL() + "/media/",
		e2etest.BaseURL() + "/media/videos/",
		e2etest.BaseURL() + "/media/videos/1/0123456789abcdef.mp4",
		e2etest.BaseURL() + "/media/videos/-1/0123456789abcdef.mp4",
		e2etest.BaseURL() + "/media/videos/99999999999999999999/0123456789abcdef.mp4",
		e2etest.BaseURL() + "/media/defaults/",
		e2etest.BaseURL() + "/media/defaults/nothing.png",
		e2etest.BaseURL() + "/media/defaults/..%2f..%2f..%2fetc%2fpasswd",
		e2etest.BaseURL() + "/media/%2e%2e/%2e%2e/etc/passwd",
		e2etest.BaseURL() + "/media/objects/",
		// Routes of the sidecar must not be reachable from outside.
		e2etest.BaseURL() + "/dapr/config",
		e2etest.BaseURL() + "/dapr/subscribe",
		e2etest.BaseURL() + "/v1.0/metadata",
		e2etest.BaseURL() + "/v1.0/healthz",
		e2etest.BaseURL() + "/debug/pprof/",
	} {
		body, res := e2etest.Download(t, http.MethodGet, address, nil)
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", address, res.Status)
		}
		if err := e2etest.CheckLeaks(body); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, res := e2etest.Download(t, http.MethodPost, video.PlayURL, nil); res.StatusCode < 400 {
		t.Errorf("POST on a video: %s", res.Status)
	}
}
