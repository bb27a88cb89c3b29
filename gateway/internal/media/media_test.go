package media_test

import (
	"bytes"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/fake"
	"github.com/douyin-on-dapr/douyin/gateway/internal/media"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

const partSize = 100

// shelf is a Handler over one stored video.
type shelf struct {
	handler *media.Handler
	videos  *fake.Videos
	blobs   *fake.Blobs
	s3      *fake.S3
	store   *objectstore.Store
	log     *bytes.Buffer
	movie   []byte
	path    string // of the video
}

func newShelf(t *testing.T, size, streams int) *shelf {
	t.Helper()
	return openShelf(t, size, streams, objectstore.LayoutParts, false)
}

// openShelf keeps the video in either layout, in a store that clients may or may
// not reach themselves.
func openShelf(t *testing.T, size, streams int, layout objectstore.Layout, public bool) *shelf {
	t.Helper()
	s := &shelf{videos: &fake.Videos{}, blobs: &fake.Blobs{}, s3: &fake.S3{}, log: &bytes.Buffer{}}
	s.store = objectstore.New(s.blobs, s.s3)
	for i := range size {
		s.movie = append(s.movie, byte(i*7), byte(i>>8))
	}
	s.movie = s.movie[:size]
	v := s.videos.Add(1, 1000, "film")
	v.Source = s.keep(t, "videos/7", "video/mp4", layout, s.movie)
	s.path = moviePath(v, v.GetSource())
	options := media.Options{Videos: s.videos, Objects: s.store, CacheBytes: 1 << 20, Streams: streams,
		Log: slog.New(slog.NewTextHandler(s.log, nil))}
	if public {
		options.Direct = s.s3
	}
	var err error
	if s.handler, err = media.New(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.handler.Close)
	return s
}

// keep stores an object.
func (s *shelf) keep(t *testing.T, key, contentType string, layout objectstore.Layout, data []byte) *videov1.Object {
	t.Helper()
	var m objectstore.Manifest
	var err error
	if layout == objectstore.LayoutWhole {
		m, err = s.store.WriteWhole(t.Context(), key, contentType, partSize, int64(len(data)), bytes.NewReader(data))
	} else {
		m, err = s.store.Write(t.Context(), key, partSize, 1<<20, bytes.NewReader(data))
	}
	if err != nil {
		t.Fatal(err)
	}
	return &videov1.Object{Key: m.Key, Size: m.Size, PartSize: m.PartSize, Sha256: m.SHA256[:], ContentType: contentType,
		Layout: videov1.Layout(layout)}
}

func moviePath(v *videov1.Video, o *videov1.Object) string {
	return fmt.Sprintf("/media/videos/%d/%s.mp4", v.GetId(), compose.Revision(o))
}

// bothLayouts runs a test on a video in parts and on a whole one, which has to
// make no difference where clients do not reach the store.
func bothLayouts(t *testing.T, test func(t *testing.T, s *shelf)) {
	for name, layout := range map[string]objectstore.Layout{"parts": objectstore.LayoutParts, "whole": objectstore.LayoutWhole} {
		t.Run(name, func(t *testing.T) { test(t, openShelf(t, 345, 4, layout, false)) })
	}
}

func (s *shelf) get(method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func TestWholeVideo(t *testing.T) {
	s := newShelf(t, 345, 4)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := s.get(method, s.path)
		for name, want := range map[string]string{
			"Content-Type": "video/mp4", "Content-Length": "345", "Accept-Ranges": "bytes",
			"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=31536000, immutable",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", method, name, got, want)
			}
		}
		if w.Code != http.StatusOK || len(w.Header().Get("ETag")) != 66 {
			t.Errorf("%s: %d, ETag %s", method, w.Code, w.Header().Get("ETag"))
		}
		want := s.movie
		if method == http.MethodHead {
			want = nil
		}
		if !bytes.Equal(w.Body.Bytes(), want) {
			t.Errorf("%s: %d bytes", method, w.Body.Len())
		}
	}
	empty := newShelf(t, 0, 4)
	if w := empty.get(http.MethodGet, empty.path); w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "0" {
		t.Errorf("empty object: %d, %d bytes", w.Code, w.Body.Len())
	}
}

func TestHeadReadsNoPart(t *testing.T) {
	bothLayouts(t, func(t *testing.T, s *shelf) {
		s.blobs.Reset()
		s.s3.Reset()
		s.get(http.MethodHead, s.path)
		if n := s.blobs.Total() + s.s3.Total(); n != 0 {
			t.Errorf("%d requests to the store", n)
		}
	})
}

func TestRangesAcrossPartBorders(t *testing.T) {
	bothLayouts(t, func(t *testing.T, s *shelf) {
		for _, c := range []struct {
			header   string
			from, to int // to is exclusive
		}{
			{"bytes=0-0", 0, 1},
			{"bytes=99-100", 99, 101},
			{"bytes=100-199", 100, 200},
			{"bytes=95-304", 95, 305},
			{"bytes=300-", 300, 345},
			{"bytes=-10", 335, 345},
			{"bytes=-1000", 0, 345},
			{"bytes=340-100000", 340, 345},
		} {
			w := s.get(http.MethodGet, s.path, "Range", c.header)
			want := fmt.Sprintf("bytes %d-%d/345", c.from, c.to-1)
			if w.Code != http.StatusPartialContent || w.Header().Get("Content-Range") != want || !bytes.Equal(w.Body.Bytes(), s.movie[c.from:c.to]) {
				t.Errorf("%s: %d, %q, %d bytes", c.header, w.Code, w.Header().Get("Content-Range"), w.Body.Len())
			}
		}
	})
}

func TestConditions(t *testing.T) {
	bothLayouts(t, func(t *testing.T, s *shelf) {
		etag := s.get(http.MethodHead, s.path).Header().Get("ETag")
		for _, c := range []struct {
			what         string
			headers      []string
			status, size int
		}{
			{"known copy", []string{"If-None-Match", etag}, 304, 0},
			{"known copy, weakly", []string{"If-None-Match", "W/" + etag}, 304, 0},
			{"another copy", []string{"If-None-Match", `"x"`}, 200, 345},
			{"range of the same", []string{"Range", "bytes=0-9", "If-Range", etag}, 206, 10},
			{"range of another", []string{"Range", "bytes=0-9", "If-Range", `"x"`}, 200, 345},
			{"another expected", []string{"If-Match", `"x"`}, 412, 0},
		} {
			if w := s.get(http.MethodGet, s.path, c.headers...); w.Code != c.status || w.Body.Len() != c.size {
				t.Errorf("%s: %d with %d bytes", c.what, w.Code, w.Body.Len())
			}
		}
		w := s.get(http.MethodGet, s.path, "Range", "bytes=345-")
		if w.Code != http.StatusRequestedRangeNotSatisfiable || w.Header().Get("Content-Range") != "bytes */345" {
			t.Errorf("past the end: %d, %q", w.Code, w.Header().Get("Content-Range"))
		}
	})
}

func TestSeveralRanges(t *testing.T) {
	bothLayouts(t, func(t *testing.T, s *shelf) {
		w := s.get(http.MethodGet, s.path, "Range", "bytes=0-3,98-101,-4")
		kind, params, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
		if w.Code != http.StatusPartialContent || err != nil || kind != "multipart/byteranges" {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
		r := multipart.NewReader(w.Body, params["boundary"])
		for _, want := range [][]byte{s.movie[:4], s.movie[98:102], s.movie[341:]} {
			part, err := r.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(part); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%x, want %x (%v)", got, want, err)
			}
		}
		// More than anybody needs: each could cost the loading of a part.
		many := "bytes=" + strings.TrimSuffix(strings.Repeat("1-2,", 20), ",")
		if w := s.get(http.MethodGet, s.path, "Range", many); w.Code != http.StatusOK || w.Body.Len() != 345 {
			t.Errorf("twenty ranges: %d with %d bytes", w.Code, w.Body.Len())
		}
	})
}

func TestNothingElseIsThere(t *testing.T) {
	s := newShelf(t, 345, 4)
	dir, file := s.path[:strings.LastIndex(s.path, "/")+1], s.path[strings.LastIndex(s.path, "/")+1:]
	for _, path := range []string{
		dir + "0123456789abcdef.mp4", dir, dir + strings.TrimSuffix(file, ".mp4"), dir + strings.TrimSuffix(file, "mp4") + "jpg",
		s.path + "/", s.path + "x", strings.Replace(s.path, "videos", "covers", 1),
		strings.Replace(strings.Replace(s.path, "videos", "covers", 1), "mp4", "jpg", 1), // it has no cover
		"/media/", "/media/videos/", "/media/videos/999/0123456789abcdef.mp4", "/media/videos/0/0123456789abcdef.mp4",
		"/media/videos/-1/0123456789abcdef.mp4", "/media/videos/99999999999999999999/0123456789abcdef.mp4",
		"/media/videos/../videos/1/0123456789abcdef.mp4", "/media/objects/videos/7/000000",
		"/media/defaults/", "/media/defaults/x.png", "/media/defaults/../media.go", "/media/defaults/defaults/cover.png",
	} {
		if w := s.get(http.MethodGet, path); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q", path, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

func TestCoverIsServed(t *testing.T) {
	s := newShelf(t, 50, 4)
	v := s.videos.Published()[0]
	v.Cover = &videov1.Object{Key: v.Source.Key, Size: 50, PartSize: partSize, Sha256: v.Source.Sha256, ContentType: "image/jpeg"}
	path := strings.Replace(strings.Replace(s.path, "videos", "covers", 1), "mp4", "jpg", 1)
	if w := s.get(http.MethodGet, path); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("%d %q", w.Code, w.Header().Get("Content-Type"))
	}
}

// An upload must not become a page of the site.
func TestUnknownContentTypeIsBytes(t *testing.T) {
	s := newShelf(t, 50, 4)
	s.videos.Published()[0].Source.ContentType = "text/html"
	if ct := s.get(http.MethodGet, s.path).Header().Get("Content-Type"); ct != "application/octet-stream" {
		t.Errorf("content type %q", ct)
	}
}

// Many watch one video: it is read from the store once.
func TestHotPartsAreLoadedOnce(t *testing.T) {
	s := newShelf(t, 345, 100)
	s.blobs.Reset()
	s.videos.Reset()
	var viewers sync.WaitGroup
	for range 50 {
		viewers.Go(func() {
			if w := s.get(http.MethodGet, s.path); !bytes.Equal(w.Body.Bytes(), s.movie) {
				t.Error("other bytes")
			}
		})
	}
	viewers.Wait()
	if s.blobs.Count("Get") != 4 || s.videos.Count("GetVideos") != 1 {
		t.Errorf("%d parts loaded, %d manifests; want 4 and 1", s.blobs.Count("Get"), s.videos.Count("GetVideos"))
	}
}

func TestFaultsBecomeAStatus(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	s := newShelf(t, 345, 4)
	s.videos.Fail("GetVideos", down)
	if w := s.get(http.MethodGet, s.path); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("video service down: %d", w.Code)
	}
	s.blobs.Fail("Get", down)
	w := s.get(http.MethodGet, s.path, "Range", "bytes=0-9")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Content-Range") != "" || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("store down: %d %v", w.Code, w.Header())
	}
	s.blobs.Fail("Get", errs.New(errs.NotFound, "OBJECT_MISSING", ""))
	if w := s.get(http.MethodGet, s.path); w.Code != http.StatusInternalServerError {
		t.Errorf("part lost: %d", w.Code)
	}
	if !strings.Contains(s.log.String(), "OBJECT_MISSING") {
		t.Error("a lost part is not in the log")
	}
	// A fault is not kept.
	if w := s.get(http.MethodGet, s.path); w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), s.movie) {
		t.Errorf("after the faults: %d", w.Code)
	}
}

func TestObjectThatBreaksOffInTheMiddle(t *testing.T) {
	s := newShelf(t, 345, 4)
	s.blobs.Fail("Get", nil, errs.New(errs.Unavailable, "", ""))
	w := s.get(http.MethodGet, s.path)
	if w.Body.Len() >= 345 || w.Header().Get("Content-Length") != "345" {
		t.Errorf("%d bytes of %s", w.Body.Len(), w.Header().Get("Content-Length"))
	}
	if bytes.Contains(w.Body.Bytes(), []byte("try again")) {
		t.Error("an error text in the middle of a video")
	}
}

func TestTooManyStreams(t *testing.T) {
	s := newShelf(t, 345, 0)
	if w := s.get(http.MethodGet, s.path); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
}

func TestDefaultPictures(t *testing.T) {
	s := newShelf(t, 1, 4)
	for _, name := range []string{"avatar", "background", "cover"} {
		w := s.get(http.MethodGet, "/media/defaults/"+name+".png")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		if _, err := png.Decode(bytes.NewReader(w.Body.Bytes())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		again := s.get(http.MethodGet, "/media/defaults/"+name+".png", "If-None-Match", w.Header().Get("ETag"))
		if again.Code != http.StatusNotModified {
			t.Errorf("%s: %d for a known copy", name, again.Code)
		}
	}
}
