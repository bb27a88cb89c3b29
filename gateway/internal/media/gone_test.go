package media_test

import (
	"net/http"
	"strings"
	"testing"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

func errGone() error { return errs.New(errs.NotFound, "OBJECT_MISSING", "") }

// A video and its objects were deleted while its manifest was cached: that is
// "not found", not a fault of the server.
func TestDeletedWhileItsManifestIsKept(t *testing.T) {
	for what, path := range map[string]func(s *shelf, base string) string{
		"movie":   func(s *shelf, _ string) string { return s.path },
		"index":   func(_ *shelf, base string) string { return base + "master.m3u8" },
		"segment": func(_ *shelf, base string) string { return base + "720/00001.m4s" },
	} {
		s, base := newRenditions(t, objectstore.LayoutParts, nil)
		asked := path(s, base)
		s.get(http.MethodHead, s.path) // keeps manifests, and no bytes
		if what == "segment" {
			s.get(http.MethodHead, asked)
		}
		s.blobs.Fail("Get", errGone())
		if w := s.get(http.MethodGet, asked); w.Code != http.StatusInternalServerError || !strings.Contains(s.log.String(), "OBJECT_MISSING") {
			t.Errorf("%s, lost while its row is there: %d", what, w.Code)
		}
		s.log.Reset()
		v := s.videos.Published()[0]
		if _, err := s.videos.DeleteVideo(t.Context(), &videov1.DeleteVideoRequest{VideoId: v.GetId(), AuthorId: v.GetAuthorId()}); err != nil {
			t.Fatal(err)
		}
		s.blobs.Fail("Get", errGone())
		w := s.get(http.MethodGet, asked)
		if w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" || s.log.Len() != 0 {
			t.Errorf("%s, deleted: %d %v, log %s", what, w.Code, w.Header(), s.log)
		}
	}
}

// The same bytes may have been written anew by another attempt.
func TestMovedWhileItsManifestIsKept(t *testing.T) {
	s := newShelf(t, 345, 4)
	s.get(http.MethodHead, s.path)
	s.videos.Published()[0].Source = s.keep(t, "videos/7/2/play", "video/mp4", objectstore.LayoutParts, s.movie)
	s.blobs.Fail("Get", errGone())
	if w := s.get(http.MethodGet, s.path, "Range", "bytes=300-309"); w.Code != http.StatusPartialContent || w.Body.String() != string(s.movie[300:310]) {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}
