package media_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// Who asks for a video that clients can read in the store is sent there.
func TestWholeVideosAreRedirected(t *testing.T) {
	s := openShelf(t, 345, 0, objectstore.LayoutWhole, true) // a redirect takes no place
	s.s3.Reset()
	for _, headers := range [][]string{nil, {"Range", "bytes=0-9"}, {"Range", "bytes=-9"}, {"If-None-Match", `"of the store"`}, {"Range", "bytes=0-9", "If-Range", `"of the store"`}} {
		w := s.get(http.MethodGet, s.path, headers...)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusFound || to.Host != "store.example" || to.Path != "/videos/7" || to.Query().Get("type") != "video/mp4" || w.Body.Len() != 0 {
			t.Errorf("%v: %d %v", headers, w.Code, w.Header())
		}
		life, err := time.ParseDuration(to.Query().Get("life"))
		kept, ageErr := time.ParseDuration(strings.TrimPrefix(w.Header().Get("Cache-Control"), "public, max-age=") + "s")
		if err != nil || ageErr != nil || kept <= 0 || life-kept < time.Hour {
			t.Errorf("kept for %q, good for %s", w.Header().Get("Cache-Control"), life)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("ETag") != "" {
			t.Errorf("%v", w.Header())
		}
	}
	if s.s3.Count("GetRange") != 0 {
		t.Error("bytes were read")
	}
	s.s3.Fail("PresignGet", errs.New(errs.Unavailable, "", ""))
	if w := s.get(http.MethodGet, s.path); w.Code != http.StatusServiceUnavailable || w.Header().Get("Location") != "" {
		t.Errorf("no address: %d %v", w.Code, w.Header())
	}
}

// What the store cannot answer as we do, we answer.
func TestWholeVideosThatAreNotRedirected(t *testing.T) {
	s := openShelf(t, 345, 4, objectstore.LayoutWhole, true)
	head := s.get(http.MethodHead, s.path)
	etag := head.Header().Get("ETag")
	if head.Code != http.StatusOK || head.Header().Get("Content-Length") != "345" || len(etag) != 66 {
		t.Errorf("HEAD: %d %v", head.Code, head.Header())
	}
	for _, c := range []struct {
		what         string
		headers      []string
		status, size int
	}{
		{"our copy is known", []string{"If-None-Match", etag}, 304, 0},
		{"range of our copy", []string{"Range", "bytes=0-9", "If-Range", etag}, 206, 10},
		{"our copy is expected", []string{"If-Match", etag}, 200, 345},
	} {
		if w := s.get(http.MethodGet, s.path, c.headers...); w.Code != c.status || w.Body.Len() != c.size {
			t.Errorf("%s: %d with %d bytes", c.what, w.Code, w.Body.Len())
		}
	}
	if w := s.get(http.MethodGet, s.path, "Range", "bytes=0-3,98-101"); w.Code != http.StatusPartialContent ||
		!strings.HasPrefix(w.Header().Get("Content-Type"), "multipart/byteranges") || !bytes.Contains(w.Body.Bytes(), s.movie[98:102]) {
		t.Errorf("several ranges: %d %v", w.Code, w.Header())
	}
	v := s.videos.Published()[0]
	v.Cover = s.keep(t, "cover", "image/jpeg", objectstore.LayoutWhole, []byte("jpeg"))
	path := strings.Replace(strings.Replace(s.path, "videos", "covers", 1), "mp4", "jpg", 1)
	path = strings.Replace(path, compose.Revision(v.GetSource()), compose.Revision(v.GetCover()), 1)
	if w := s.get(http.MethodGet, path); w.Code != http.StatusOK || w.Body.String() != "jpeg" {
		t.Errorf("cover: %d", w.Code)
	}
	inParts := openShelf(t, 345, 4, objectstore.LayoutParts, true)
	if w := inParts.get(http.MethodGet, inParts.path); w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), inParts.movie) {
		t.Errorf("video in parts: %d", w.Code)
	}
}

// The store lets no script of another page read, and a copy of one answer must
// not be given to who has to get the other.
func TestScriptsAreNotRedirected(t *testing.T) {
	s := openShelf(t, 345, 4, objectstore.LayoutWhole, true)
	for _, origin := range []string{"https://web.example", "null"} {
		w := s.get(http.MethodGet, s.path, "Origin", origin)
		if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), s.movie) || w.Header().Get("Vary") != "Origin" {
			t.Errorf("%s: %d %v", origin, w.Code, w.Header())
		}
	}
	if w := s.get(http.MethodGet, s.path); w.Code != http.StatusFound || w.Header().Get("Vary") != "Origin" {
		t.Errorf("nobody's script: %d %v", w.Code, w.Header())
	}
}

// An address stays good for as long as there are bytes behind it.
func TestAddressesThroughTheStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShelf(t, 345, 4, objectstore.LayoutParts, false)
		v := s.videos.Published()[0]
		made := s.keep(t, "videos/7/1/play", "video/mp4", objectstore.LayoutParts, []byte("made of it"))
		open := func() (source, play int) {
			return s.get(http.MethodGet, s.path).Code, s.get(http.MethodGet, moviePath(v, made)).Code
		}
		expire := func() { time.Sleep(time.Minute + time.Second) }
		want := func(when string, source, play int) {
			t.Helper()
			if gotSource, gotPlay := open(); gotSource != source || gotPlay != play {
				t.Errorf("%s: source %d, play %d; want %d and %d", when, gotSource, gotPlay, source, play)
			}
		}
		for _, state := range []videov1.State{videov1.State_STATE_UPLOADED, videov1.State_STATE_PROCESSING} {
			v.State = state
			want(state.String(), 200, 404)
			expire()
		}
		v.State, v.Play = videov1.State_STATE_READY, made
		want("ready", 200, 200)
		if w := s.get(http.MethodGet, moviePath(v, made)); w.Body.String() != "made of it" {
			t.Errorf("play is %q", w.Body)
		}
		if _, err := s.videos.DeleteVideo(t.Context(), &videov1.DeleteVideoRequest{VideoId: v.GetId(), AuthorId: v.GetAuthorId()}); err != nil {
			t.Fatal(err)
		}
		want("deleted, a moment ago", 200, 200)
		expire()
		want("deleted", 404, 404)
		s.handler.Close()
	})
}

// Before a video is ready nobody but its author is shown it, and no CDN should
// keep it for others.
func TestBytesOfUnfinishedVideosAreKeptBriefly(t *testing.T) {
	for _, state := range []videov1.State{videov1.State_STATE_UPLOADED, videov1.State_STATE_PROCESSING} {
		for _, layout := range []objectstore.Layout{objectstore.LayoutParts, objectstore.LayoutWhole} {
			s := openShelf(t, 345, 4, layout, true)
			s.videos.Published()[0].State = state
			for _, headers := range [][]string{nil, {"Origin", "https://web.example", "Range", "bytes=0-9"}} {
				if w := s.get(http.MethodGet, s.path, headers...); w.Code >= 400 || w.Header().Get("Cache-Control") != "private, max-age=60" {
					t.Errorf("%s, layout %d, %v: %d %v", state, layout, headers, w.Code, w.Header())
				}
			}
		}
	}
}

func TestFailedVideoIsGone(t *testing.T) {
	s := openShelf(t, 345, 4, objectstore.LayoutWhole, true)
	s.videos.Published()[0].State = videov1.State_STATE_FAILED // its columns may still tell of the source
	for _, path := range []string{s.path, "/media/videos/1001/gone.mp4"} {
		if w := s.get(http.MethodGet, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// A direct upload has its address before anybody knows its checksum, and keeps
// it when that is known.
func TestFirstAddressOfADirectUploadStaysGood(t *testing.T) {
	s := openShelf(t, 345, 4, objectstore.LayoutWhole, true)
	v := s.videos.Published()[0]
	known := v.GetSource().GetSha256()
	_, etag, err := s.s3.Stat(t.Context(), v.GetSource().GetKey())
	if err != nil {
		t.Fatal(err)
	}
	placeholder := compose.PlaceholderSum(v.GetSource().GetKey(), etag)
	v.Source.Sha256 = placeholder[:]
	before := moviePath(v, v.GetSource())
	v.Source.Sha256 = known
	for _, path := range []string{before, moviePath(v, v.GetSource())} {
		if w := s.get(http.MethodGet, path); w.Code != http.StatusFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for n := range 20 {
		if w := s.get(http.MethodGet, fmt.Sprintf("/media/videos/1001/%016x.mp4", n)); w.Code != http.StatusNotFound {
			t.Errorf("another address: %d", w.Code)
		}
	}
	if n := s.s3.Count("Stat"); n != 2 { // one of them by this test
		t.Errorf("%d questions to the store", n)
	}
}

func TestFirstAddressWhileTheStoreFails(t *testing.T) {
	s := openShelf(t, 345, 4, objectstore.LayoutWhole, true)
	s.s3.Fail("Stat", errs.New(errs.Unavailable, "", ""))
	if w := s.get(http.MethodGet, "/media/videos/1001/0123456789abcdee.mp4"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("store down: %d", w.Code)
	}
	if err := s.s3.Delete(t.Context(), s.videos.Published()[0].GetSource().GetKey()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if w := s.get(http.MethodGet, "/media/videos/1001/0123456789abcded.mp4"); w.Code != http.StatusNotFound {
			t.Errorf("object gone: %d", w.Code)
		}
	}
	if n := s.s3.Count("Stat"); n != 2 {
		t.Errorf("%d questions to the store", n)
	}
}
