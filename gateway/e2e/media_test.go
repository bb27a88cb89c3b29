//go:build e2e

package e2e

import (
	"bytes"
	"net/http"
	"strconv"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

func TestObjectsMediaRanges(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	movie := e2etest.LargeVideo(t)
	video := e2etest.Publish(t, p, a, "ranges", movie)
	size := len(movie)

	_, head := e2etest.Download(t, http.MethodHead, video.PlayURL, nil)
	etag := head.Header.Get("ETag")
	if head.StatusCode != http.StatusOK || head.ContentLength != int64(size) || etag == "" ||
		head.Header.Get("Accept-Ranges") != "bytes" || head.Header.Get("Content-Type") != "video/mp4" {
		t.Fatalf("HEAD: %s %v", head.Status, head.Header)
	}

	ranges := []struct {
		what, header string
		from, to     int // to is exclusive
	}{
		{"first byte", "bytes=0-0", 0, 1},
		{"across two parts", "bytes=" + span(e2etest.PartSize-3, e2etest.PartSize+4), e2etest.PartSize - 3, e2etest.PartSize + 4},
		{"start of a part", "bytes=" + span(e2etest.PartSize, e2etest.PartSize+9), e2etest.PartSize, e2etest.PartSize + 9},
		{"end of a part", "bytes=" + span(e2etest.PartSize-9, e2etest.PartSize), e2etest.PartSize - 9, e2etest.PartSize},
		{"a whole part and its neighbours", "bytes=" + span(e2etest.PartSize-1, 2*e2etest.PartSize+1), e2etest.PartSize - 1, 2*e2etest.PartSize + 1},
		{"without an end", "bytes=" + strconv.Itoa(2*e2etest.PartSize-1) + "-", 2*e2etest.PartSize - 1, size},
		{"suffix", "bytes=-1000", size - 1000, size},
		{"suffix longer than the file", "bytes=-999999999", 0, size},
		{"end past the file", "bytes=" + strconv.Itoa(size-5) + "-999999999", size - 5, size},
	}
	for _, c := range ranges {
		t.Run(c.what, func(t *testing.T) {
			body, res := e2etest.Download(t, http.MethodGet, video.PlayURL, map[string]string{"Range": c.header})
			want := "bytes " + strconv.Itoa(c.from) + "-" + strconv.Itoa(c.to-1) + "/" + strconv.Itoa(size)
			if res.StatusCode != http.StatusPartialContent || res.Header.Get("Content-Range") != want {
				t.Fatalf("%s, Content-Range %q, want %q", res.Status, res.Header.Get("Content-Range"), want)
			}
			if !bytes.Equal(body, movie[c.from:c.to]) {
				t.Error("wrong bytes")
			}
		})
	}
}

// span writes a byte range; to is exclusive.
func span(from, to int) string { return strconv.Itoa(from) + "-" + strconv.Itoa(to-1) }
