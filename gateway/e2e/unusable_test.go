//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Files that cannot be processed fail with a reason, within the limits of a job, and
// leave no bytes.
func TestUnusableVideosFail(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	var videos []int64
	small := e2etest.SmallVideo(t)
	head := e2etest.MP4Head
	for what, c := range map[string]struct {
		reason string
		file   []byte
	}{
		"noise after the first box": {videov1.FailureUnreadable, append([]byte(head), bytes.Repeat([]byte("noise"), 20_000)...)},
		"only the first box":        {videov1.FailureUnreadable, []byte(head)},
		"cut off":                   {videov1.FailureUnreadable, small[:600]},
		"sound only": {videov1.FailureNoPicture, e2etest.FFmpeg(t, "sound.mp4", "-f", "lavfi", "-i",
			"sine=duration=2", "-c:a", "aac", "-f", "mp4")},
		"one pixel": {videov1.FailureDimensions, e2etest.FFmpeg(t, "pixel.mkv", "-f", "lavfi", "-i",
			"color=red:size=2x2:rate=5:duration=1,format=yuv444p,crop=1:1:0:0", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv444p")},
		"16k": {videov1.FailureDimensions, e2etest.FFmpeg(t, "16k.mp4", "-f", "lavfi", "-i",
			"color=red:size=15360x64:rate=5:duration=0.4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")},
		"hours": {videov1.FailureTooLong, e2etest.FFmpeg(t, "hours.mp4", "-f", "lavfi", "-i",
			"color=red:size=64x64:rate=1/10:duration=18000", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")},
		"a rare codec": {videov1.FailureCodec, e2etest.FFmpeg(t, "odd.mkv", "-f", "lavfi", "-i",
			"testsrc=size=160x120:rate=5:duration=1", "-c:v", "ffv1")},
	} {
		t.Run(what, func(t *testing.T) { videos = append(videos, failsWith(t, p, a, c.reason, c.file)) })
	}
	e2etest.WaitRemoved(t, videos...)
}

// A file that refers to other files, under any name and with any first bytes, does
// not make a program read them.
func TestReferencesAreNotFollowed(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	local := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		http.Error(w, "not for you", http.StatusTeapot)
	}))
	t.Cleanup(local.Close)
	secretFile := e2etest.OnDisk(t, "secret.mp4", e2etest.Clip(t, "landscape.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"))

	m3u8 := fmt.Sprintf("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://%s\n#EXTINF:3,\n%s/segment.ts\n#EXT-X-ENDLIST\n", secretFile, local.URL)
	concat := fmt.Sprintf("ffconcat version 1.0\nfile '%s'\nfile '%s/a.mp4'\n", secretFile, local.URL)
	svg := fmt.Sprintf(`<?xml version="1.0"?><svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="%s/a.png"/><image xlink:href="file://%s"/></svg>`, local.URL, secretFile)
	html := fmt.Sprintf(`<html><video src="%s/a.mp4"></video></html>`, local.URL)

	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	var videos []int64
	for what, text := range map[string]string{"m3u8": m3u8, "concat": concat, "SVG": svg, "HTML": html} {
		t.Run(what, func(t *testing.T) {
			e2etest.RefusedWith(t, client.CodeVideoFormat, e2etest.Must(p.Publish(t.Context(), a.Token, what, strings.NewReader(text)))(t))
			// With the first bytes of a video the gateway accepts it.
			videos = append(videos, failsWith(t, p, a, videov1.FailureUnreadable, append([]byte(e2etest.MP4Head), text...)))
			videos = append(videos, failsWith(t, p, a, videov1.FailureUnreadable, append([]byte("\x1aE\xdf\xa3\x93B\x82\x88matroska"), text...)))
		})
	}
	t.Run("references inside an MP4", func(t *testing.T) {
		videos = append(videos, failsWith(t, p, a, videov1.FailureUnreadable, referringVideo(t)))
	})
	e2etest.WaitRemoved(t, videos...)
	if n := calls.Load(); n != 0 {
		t.Errorf("a server on this machine was called %d times", n)
	}
}

// A title is never used as a path.
func TestTitlesAreNotPaths(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	before := e2etest.Must(e2etest.TheBucket(t).List(t.Context()))(t)
	titles := []string{"../../../../tmp/title", "/etc/passwd", `..\..\title`, "a/b/c.mp4", "$(touch /tmp/title)", "-i /etc/passwd"}
	for _, title := range titles {
		e2etest.Accepted(t, e2etest.Must(p.Publish(t.Context(), a.Token, title, bytes.NewReader(e2etest.SmallVideo(t))))(t))
	}
	var shown []string // newest first
	for _, v := range e2etest.WaitAllReady(t, p, a) {
		shown = append(shown, v.Title)
	}
	if slices.Reverse(shown); !slices.Equal(shown, titles) {
		t.Errorf("titles %q are shown as %q", titles, shown)
	}
	for _, key := range e2etest.NewObjects(t, before) {
		if !strings.HasPrefix(key, "videos/") || strings.Contains(key, "title") || strings.Contains(key, "passwd") {
			t.Errorf("an object has the key %s", key)
		}
	}
}
