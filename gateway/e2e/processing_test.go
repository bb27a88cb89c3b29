//go:build e2e

package e2e

import (
	"bytes"
	_ "image/jpeg" // what covers are
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// recordings returns a video in each common combination of codecs and container.
func recordings(t *testing.T) map[string][]byte {
	t.Helper()
	h264 := []string{"-c:v", "libx264", "-preset", "ultrafast"}
	hevc := []string{"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"}
	vp9 := []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"}
	av1 := []string{"-c:v", "libsvtav1", "-preset", "12"}
	aac, opus := []string{"-c:a", "aac"}, []string{"-c:a", "libopus"}
	out := map[string][]byte{}
	for name, codecs := range map[string][][]string{
		"h264.mp4": {h264, aac}, "hevc.mp4": {hevc, aac}, "vp9.mp4": {vp9, aac}, "av1.mp4": {av1, aac},
		"h264.mov": {h264, aac}, "hevc.mov": {hevc, aac},
		"vp9.webm": {vp9, opus}, "av1.webm": {av1, opus},
		"h264.mkv": {h264, aac}, "hevc.mkv": {hevc, aac}, "vp9.mkv": {vp9, opus}, "av1.mkv": {av1, opus},
	} {
		out[name] = e2etest.Clip(t, name, slices.Concat(codecs...)...)
	}
	return out
}

// Whatever is uploaded, phones get H.264 and AAC with the index first, a cover, and
// renditions that a player can read to the end.
func TestObjectsOfEveryRecording(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	ids := map[string]int64{}
	for name, movie := range recordings(t) {
		r := e2etest.Must(p.Publish(t.Context(), a.Token, name, bytes.NewReader(movie)))(t)
		e2etest.Accepted(t, r)
		ids[name] = r.VideoID
	}
	for name, id := range ids {
		t.Run(name, func(t *testing.T) {
			e2etest.WaitReady(t, p, a, id)
			video := e2etest.ListedVideo(t, p, a, id, "")
			if video.DurationMS < 2_500 || video.DurationMS > 3_600 || video.Width != 640 || video.Height != 360 {
				t.Errorf("%d ms, %dx%d; want 3 s of 640x360", video.DurationMS, video.Width, video.Height)
			}
			e2etest.CheckPlayable(t, video)
			e2etest.CheckCover(t, video)
			checkRenditions(t, video, []int{360, 180})
		})
	}
}

// checkRenditions reads the HLS playlists as a player does, and lets ffmpeg read the
// whole video through them.
func checkRenditions(t *testing.T, video client.Video, heights []int) {
	t.Helper()
	if video.HlsURL == "" {
		t.Fatal("no hls_url")
	}
	master, res := e2etest.Download(t, http.MethodGet, video.HlsURL, nil)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/vnd.apple.mpegurl" ||
		res.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("hls_url: %s %v", res.Status, res.Header)
	}
	var got []int
	for line := range strings.Lines(string(master)) {
		if attributes, ok := strings.CutPrefix(line, "#EXT-X-STREAM-INF:"); ok {
			_, size, _ := strings.Cut(attributes, "RESOLUTION=")
			size, _, _ = strings.Cut(strings.TrimSpace(size), ",")
			_, height, _ := strings.Cut(size, "x")
			n, err := strconv.Atoi(strings.TrimSpace(height))
			if err != nil {
				t.Fatalf("no height in %q", line)
			}
			got = append(got, n)
		}
	}
	if !slices.Equal(got, heights) {
		t.Errorf("heights %v, want %v in\n%s", got, heights, master)
	}
	// -xerror ends ffmpeg with an error on the first fault.
	e2etest.Run(t, "ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-xerror", "-i", video.HlsURL, "-map", "0", "-f", "null", "-")
	out := e2etest.Run(t, "ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets",
		"-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", video.HlsURL)
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n") // it is repeated for the programs
	frames, err := strconv.Atoi(first)
	if want := int(video.DurationMS * 15 / 1000); err != nil || frames < want-3 || frames > want+3 {
		t.Errorf("the playlist has %q frames, the movie about %d", first, want)
	}
}

// The cover of a video that begins black shows something, a portrait video stays one,
// and the output does not contain the location of the recording.
func TestCoverRotationAndLocation(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	dark := e2etest.FFmpeg(t, "dark.mp4", "-f", "lavfi", "-i", "color=black:size=320x240:rate=10:duration=3",
		"-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=3", "-filter_complex", "[0][1]concat=n=2", "-c:v", "libx264", "-pix_fmt", "yuv420p")
	e2etest.CheckCover(t, e2etest.Publish(t, p, a, "begins black", e2etest.WithBox(dark, []byte(e2etest.Random()))))

	landscape := e2etest.Clip(t, "landscape.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
	portrait := e2etest.FFmpeg(t, "portrait.mp4", "-i", e2etest.OnDisk(t, "landscape.mp4", landscape), "-c", "copy",
		"-metadata:s:v:0", "rotate=90", "-metadata", "location=+48.8577+002.2950/", "-metadata", "location-eng=+48.8577+002.2950/")
	video := e2etest.Publish(t, p, a, "portrait", e2etest.WithBox(portrait, []byte(e2etest.Random())))
	if video.Width != 360 || video.Height != 640 {
		t.Errorf("the size is %dx%d", video.Width, video.Height)
	}
	body, _ := e2etest.Download(t, http.MethodGet, video.PlayURL, nil)
	if bytes.Contains(body, []byte("48.8577")) {
		t.Error("play_url contains the location")
	}
	checkRenditions(t, video, []int{640, 320})
}

// failsWith uploads an unusable file, checks the failure reason and returns the
// video's id.
func failsWith(t *testing.T, p *client.Client, a e2etest.Account, reason string, file []byte) int64 {
	t.Helper()
	r := e2etest.Must(p.Publish(t.Context(), a.Token, reason, bytes.NewReader(file)))(t)
	e2etest.Accepted(t, r)
	if s := e2etest.WaitProcessed(t, p, a, r.VideoID); s.State != client.StateFailed || s.FailureReason != reason {
		t.Fatalf("the video is %s %q, want failed with %s", s.State, s.FailureReason, reason)
	}
	video := e2etest.ListedVideo(t, p, a, r.VideoID, a.Token)
	if video.State != client.StateFailed || video.FailureMsg == "" {
		t.Errorf("its author sees %+v", video)
	}
	if list := e2etest.Must(p.PublishList(t.Context(), a.ID, "", client.Page{}))(t); e2etest.HasVideo(list.Videos, r.VideoID) {
		t.Error("guests see a failed video")
	}
	return r.VideoID
}
