//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/jpeg" // what covers are
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// recordings are what phones and people make of videos, as far as the ffmpeg
// here can make them.
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
		out[name] = clip(t, name, slices.Concat(codecs...)...)
	}
	return out
}

// Whatever is uploaded, a phone gets H.264 and AAC with the index in front, a
// picture that shows something, and renditions that a player reads to their end.
func TestEveryRecordingBecomesPlayable(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	ids := map[string]int64{}
	for name, film := range recordings(t) {
		r := must(p.Publish(t.Context(), a.Token, name, bytes.NewReader(film)))(t)
		accepted(t, r)
		ids[name] = r.VideoID
	}
	for name, id := range ids {
		t.Run(name, func(t *testing.T) {
			becomesReady(t, p, a, id)
			video := shown(t, p, a, id, "")
			if video.DurationMS < 2_500 || video.DurationMS > 3_600 || video.Width != 640 || video.Height != 360 {
				t.Errorf("%d ms, %dx%d; it is 3 s of 640x360", video.DurationMS, video.Width, video.Height)
			}
			playable(t, video)
			showsSomething(t, video)
			renditions(t, video, []int{360, 180})
		})
	}
}

// playable holds play_url against what any phone plays.
func playable(t *testing.T, video Video) {
	t.Helper()
	film := probe(t, video.PlayURL)
	if film.codec("video") != "h264" || film.codec("audio") != "aac" || !strings.Contains(film.Format.Name, "mp4") {
		t.Errorf("play_url has %s and %s in %s", film.codec("video"), film.codec("audio"), film.Format.Name)
	}
	body, res := download(t, http.MethodGet, video.PlayURL, nil)
	if res.Header.Get("Content-Type") != "video/mp4" {
		t.Errorf("content type %q", res.Header.Get("Content-Type"))
	}
	boxes := boxesOf(t, body)
	if moov, mdat := slices.Index(boxes, "moov"), slices.Index(boxes, "mdat"); moov < 0 || mdat < moov {
		t.Errorf("boxes %v: moov is not before mdat", boxes)
	}
}

// boxesOf lists the boxes of an MP4 (ISO/IEC 14496-12, 4.2).
func boxesOf(t *testing.T, film []byte) []string {
	t.Helper()
	var names []string
	for len(film) >= 8 {
		size := uint64(binary.BigEndian.Uint32(film))
		names = append(names, string(film[4:8]))
		if size == 1 && len(film) >= 16 {
			size = binary.BigEndian.Uint64(film[8:])
		}
		if size < 8 || size > uint64(len(film)) {
			break
		}
		film = film[size:]
	}
	return names
}

// showsSomething demands a cover that can be decoded and is not one colour.
func showsSomething(t *testing.T, video Video) {
	t.Helper()
	body, res := download(t, http.MethodGet, video.CoverURL, nil)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/jpeg" {
		t.Fatalf("cover_url: %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	picture, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("the cover: %v", err)
	}
	darkest, brightest := uint32(1<<16), uint32(0)
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y += 4 {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x += 4 {
			r, g, b, _ := picture.At(x, y).RGBA()
			light := (r + g + b) / 3
			darkest, brightest = min(darkest, light), max(brightest, light)
		}
	}
	if brightest-darkest < 1<<13 {
		t.Errorf("the cover goes from %d to %d of 65535", darkest, brightest)
	}
}

// renditions reads the HLS playlists as a player does, and lets ffmpeg read the
// whole film through them.
func renditions(t *testing.T, video Video, heights []int) {
	t.Helper()
	if video.HlsURL == "" {
		t.Fatal("no hls_url")
	}
	master, res := download(t, http.MethodGet, video.HlsURL, nil)
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
	run(t, "ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-xerror", "-i", video.HlsURL, "-map", "0", "-f", "null", "-")
	out := run(t, "ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets",
		"-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", video.HlsURL)
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n") // it is said of the programs as well
	frames, err := strconv.Atoi(first)
	if want := int(video.DurationMS * 15 / 1000); err != nil || frames < want-3 || frames > want+3 {
		t.Errorf("the playlist has %q frames, the film about %d", first, want)
	}
}

// A film that begins in the dark is shown by a frame that is not black, an
// upright one keeps its shape, and where a phone was when it filmed is nobody's
// business.
func TestCoversShapesAndPlaces(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	dark := ffmpegMade(t, "dark.mp4", "-f", "lavfi", "-i", "color=black:size=320x240:rate=10:duration=3",
		"-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=3", "-filter_complex", "[0][1]concat=n=2", "-c:v", "libx264", "-pix_fmt", "yuv420p")
	showsSomething(t, published(t, p, a, "begins in the dark", withBox(dark, []byte(random(t)))))

	lying := clip(t, "lying.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
	upright := ffmpegMade(t, "upright.mp4", "-i", onDisk(t, "lying.mp4", lying), "-c", "copy",
		"-metadata:s:v:0", "rotate=90", "-metadata", "location=+48.8577+002.2950/", "-metadata", "location-eng=+48.8577+002.2950/")
	video := published(t, p, a, "filmed upright", withBox(upright, []byte(random(t))))
	if video.Width != 360 || video.Height != 640 {
		t.Errorf("shown as %dx%d", video.Width, video.Height)
	}
	body, _ := download(t, http.MethodGet, video.PlayURL, nil)
	if bytes.Contains(body, []byte("48.8577")) {
		t.Error("play_url tells where the film was made")
	}
	renditions(t, video, []int{640, 320})
}

// The author sees a video at once and how it comes on; nobody else does before
// it is ready.
func TestStatesOfAVideo(t *testing.T) {
	stack := theStack(t)
	p := newPhone()
	a, other := newAccount(t, p), newAccount(t, p)
	calm(t)
	stack.stopAll(t, "media")
	r := must(p.Publish(t.Context(), a.Token, "waits", bytes.NewReader(smallMP4(t))))(t)
	accepted(t, r)

	video := shown(t, p, a, r.VideoID, a.Token)
	if video.State != uploaded || video.PlayURL == "" || video.CoverURL == "" || video.HlsURL != "" {
		t.Errorf("right after publish: %+v", video)
	}
	if s := must(p.Processing(t.Context(), a.Token, r.VideoID))(t); s.State != uploaded {
		t.Errorf("status %+v", s)
	}
	for what, token := range map[string]string{"guest": "", "somebody else": other.Token} {
		if list := must(p.PublishList(t.Context(), a.ID, token))(t); len(list.Videos) != 0 {
			t.Errorf("a %s sees %d videos", what, len(list.Videos))
		}
		refusedWith(t, videoUnknown, must(p.Processing(t.Context(), token, r.VideoID))(t))
	}
	refusedWith(t, videoUnknown, must(p.Like(t.Context(), other.Token, r.VideoID, true))(t))
	if feed := must(p.Feed(t.Context(), "", ""))(t); hasVideo(feed.Videos, r.VideoID) {
		t.Error("it is in the feed")
	}
	if n := profile(t, p, a, "").WorkCount; n != 0 {
		t.Errorf("work_count %d", n)
	}
	_, res := download(t, http.MethodGet, video.PlayURL, nil)
	if res.StatusCode != http.StatusOK {
		t.Errorf("its author cannot play it: %s", res.Status)
	}

	stack.startAll(t, "media")
	becomesReady(t, p, a, r.VideoID)
	inFeed(t, p, "", shown(t, p, a, r.VideoID, ""))
	if n := profile(t, p, a, "").WorkCount; n != 1 {
		t.Errorf("work_count %d of one ready video", n)
	}
	if s := must(p.Processing(t.Context(), "", r.VideoID))(t); s.State != stateReady || s.Progress != 100 || s.PlayURL == "" || s.HlsURL == "" {
		t.Errorf("a guest is told %+v", s)
	}
	if _, res := download(t, http.MethodGet, video.PlayURL, nil); res.StatusCode != http.StatusOK {
		t.Errorf("the address from before: %s", res.Status)
	}
	for what, id := range map[string]int64{"unknown": 1, "far too large": 1 << 53} {
		t.Run(what, func(t *testing.T) { refused(t, must(p.Processing(t.Context(), a.Token, id))(t)) })
	}
}

// failsWith uploads what is no video, demands the reason and returns its id.
func failsWith(t *testing.T, p *Phone, a account, reason string, file []byte) int64 {
	t.Helper()
	r := must(p.Publish(t.Context(), a.Token, reason, bytes.NewReader(file)))(t)
	accepted(t, r)
	if s := ended(t, p, a, r.VideoID); s.State != failed || s.FailureReason != reason {
		t.Fatalf("it is %s %q, want failed with %s", s.State, s.FailureReason, reason)
	}
	video := shown(t, p, a, r.VideoID, a.Token)
	if video.State != failed || video.FailureMsg == "" {
		t.Errorf("its author sees %+v", video)
	}
	if list := must(p.PublishList(t.Context(), a.ID, ""))(t); hasVideo(list.Videos, r.VideoID) {
		t.Error("others see it")
	}
	return r.VideoID
}

// bytesGo waits until nothing is stored of videos any more.
func bytesGo(t *testing.T, videoIDs ...int64) {
	t.Helper()
	within(t, removal, "their bytes are gone", func(ctx context.Context) error {
		files, err := theBucket(t).list(ctx)
		for key := range files {
			for _, id := range videoIDs {
				if strings.HasPrefix(key, fmt.Sprintf("videos/%d/", id)) {
					return fmt.Errorf("%s is left", key)
				}
			}
		}
		return err
	})
}
