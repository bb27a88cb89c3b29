//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func onDisk(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// What cannot be made a video of fails with the reason, within limits, and
// leaves no bytes.
func TestFilesThatAreNoGoodVideos(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	var videos []int64
	small := smallMP4(t)
	head := "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
	for what, c := range map[string]struct {
		reason string
		file   []byte
	}{
		"noise behind a head": {"VIDEO_UNREADABLE", append([]byte(head), bytes.Repeat([]byte("noise"), 20_000)...)},
		"only a head":         {"VIDEO_UNREADABLE", []byte(head)},
		"cut off":             {"VIDEO_UNREADABLE", small[:600]},
		"sound only": {"VIDEO_NO_PICTURE", ffmpegMade(t, "sound.mp4", "-f", "lavfi", "-i",
			"sine=duration=2", "-c:a", "aac", "-f", "mp4")},
		"one pixel": {"VIDEO_DIMENSIONS", ffmpegMade(t, "pixel.mkv", "-f", "lavfi", "-i",
			"color=red:size=2x2:rate=5:duration=1,format=yuv444p,crop=1:1:0:0", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv444p")},
		"16k": {"VIDEO_DIMENSIONS", ffmpegMade(t, "16k.mp4", "-f", "lavfi", "-i",
			"color=red:size=15360x64:rate=5:duration=0.4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")},
		"hours": {"VIDEO_TOO_LONG", ffmpegMade(t, "hours.mp4", "-f", "lavfi", "-i",
			"color=red:size=64x64:rate=1/10:duration=18000", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")},
		"an odd codec": {"VIDEO_CODEC", ffmpegMade(t, "odd.mkv", "-f", "lavfi", "-i",
			"testsrc=size=160x120:rate=5:duration=1", "-c:v", "ffv1")},
	} {
		t.Run(what, func(t *testing.T) { videos = append(videos, failsWith(t, p, a, c.reason, c.file)) })
	}
	bytesGo(t, videos...)
}

// A file that is a list of what to read elsewhere, by whatever name and with
// whatever head, makes nobody here read it.
func TestPlaylistsReadNothing(t *testing.T) {
	var calls atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		http.Error(w, "not for you", http.StatusTeapot)
	}))
	t.Cleanup(inside.Close)
	secretFile := onDisk(t, "secret.mp4", clip(t, "lying.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"))

	m3u8 := fmt.Sprintf("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://%s\n#EXTINF:3,\n%s/segment.ts\n#EXT-X-ENDLIST\n", secretFile, inside.URL)
	concat := fmt.Sprintf("ffconcat version 1.0\nfile '%s'\nfile '%s/a.mp4'\n", secretFile, inside.URL)
	svg := fmt.Sprintf(`<?xml version="1.0"?><svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="%s/a.png"/><image xlink:href="file://%s"/></svg>`, inside.URL, secretFile)
	html := fmt.Sprintf(`<html><video src="%s/a.mp4"></video></html>`, inside.URL)

	p := newPhone()
	a := newAccount(t, p)
	var videos []int64
	for what, text := range map[string]string{"m3u8": m3u8, "concat": concat, "SVG": svg, "HTML": html} {
		t.Run(what, func(t *testing.T) {
			refusedWith(t, videoFormat, must(p.Publish(t.Context(), a.Token, what, strings.NewReader(text)))(t))
			// Behind a head that looks like a video it gets through the door.
			videos = append(videos, failsWith(t, p, a, "VIDEO_UNREADABLE", append([]byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"), text...)))
			videos = append(videos, failsWith(t, p, a, "VIDEO_UNREADABLE", append([]byte("\x1aE\xdf\xa3\x93B\x82\x88matroska"), text...)))
		})
	}
	t.Run("references inside an MP4", func(t *testing.T) {
		videos = append(videos, failsWith(t, p, a, "VIDEO_UNREADABLE", referrer(t)))
	})
	bytesGo(t, videos...)
	if n := calls.Load(); n != 0 {
		t.Errorf("a server on this machine was called %d times", n)
	}
}

// A title is data and never a path.
func TestTitleIsNoPath(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	before := storedFiles(t)
	for _, title := range []string{"../../../../tmp/title", "/etc/passwd", `..\..\title`, "a/b/c.mp4", "$(touch /tmp/title)", "-i /etc/passwd"} {
		if v := published(t, p, a, title, smallMP4(t)); v.Title != title {
			t.Errorf("%q became %q", title, v.Title)
		}
	}
	for _, key := range newFiles(t, before) {
		if !strings.HasPrefix(key, "videos/") || strings.Contains(key, "title") || strings.Contains(key, "passwd") {
			t.Errorf("stored as %s", key)
		}
	}
}
