package ffmpeg_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/media/internal/mp4"
)

func coders() map[string][]string {
	return map[string][]string{
		"h264":  {"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"},
		"hevc":  {"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p"},
		"vp8":   {"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"},
		"vp9":   {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"},
		"av1":   {"-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "enable-stat-report=0"},
		"mpeg4": {"-c:v", "mpeg4"},
		"10bit": {"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p10le"},
		"aac":   {"-c:a", "aac"},
		"mp3":   {"-c:a", "libmp3lame"},
		"opus":  {"-c:a", "libopus"},
		"flac":  {"-c:a", "flac", "-strict", "-2"},
		"pcm":   {"-c:a", "pcm_s16le"},
	}
}

// Every common container and codec becomes a playable video.
func TestEveryContainerAndCodecBecomesReady(t *testing.T) {
	tests := []struct{ file, video, audio string }{
		{"a.mp4", "h264", "aac"}, {"b.mp4", "hevc", "aac"}, {"c.mp4", "vp9", "opus"}, {"d.mp4", "av1", "aac"}, {"e.mp4", "mpeg4", "mp3"},
		{"a.mov", "h264", "pcm"}, {"b.mov", "hevc", "aac"}, {"c.mov", "10bit", "aac"},
		{"a.webm", "vp8", "opus"}, {"b.webm", "vp9", "opus"}, {"c.webm", "av1", "opus"},
		{"a.mkv", "h264", "flac"}, {"b.mkv", "hevc", "mp3"}, {"c.mkv", "vp9", "aac"}, {"d.mkv", "av1", "opus"}, {"e.mkv", "h264", "aac"},
	}
	for _, test := range tests {
		t.Run(test.file+" "+test.video+" "+test.audio, func(t *testing.T) {
			t.Parallel()
			args := join(videoInput("192x144", 25, 2), audioInput(2), coders()[test.video], coders()[test.audio], []string{test.file})
			o := process(t, clip(t, args...))
			o.mustBeReady(t)
			o.checkResult(t, 192, 144, 2, true)
		})
	}
}

// checkResult checks all outputs of a source.
func (o outcome) checkResult(t *testing.T, width, height int, seconds float64, audio bool) {
	t.Helper()
	if o.result.Size.Width != width || o.result.Size.Height != height || math.Abs(o.result.Duration.Seconds()-seconds) > 0.25 {
		t.Errorf("result is %v of %v, want %dx%d of %g s", o.result.Size, o.result.Duration, width, height, seconds)
	}
	path := o.play(t)
	file := probe(t, path)
	streams := 1
	if audio {
		streams = 2
	}
	if len(file.Streams) != streams {
		t.Fatalf("%d streams: %+v", len(file.Streams), file.Streams)
	}
	for _, s := range file.Streams {
		if s.Type == "video" && (s.Codec != "h264" || !strings.HasPrefix(s.Pixels, "yuv") || !strings.HasSuffix(s.Pixels, "420p")) ||
			s.Type == "audio" && (s.Codec != "aac" || s.Profile != "LC") {
			t.Errorf("stream %+v", s)
		}
	}
	if length, err := strconv.ParseFloat(file.Format.Duration, 64); err != nil || math.Abs(length-seconds) > 0.25 {
		t.Errorf("plays for %s s, want %g", file.Format.Duration, seconds)
	}
	decodes(t, append(o.tracks(t), path)...)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if look := mp4.Inspect(bytes.NewReader(data), int64(len(data))); !look.FastStart || look.QuickTime || look.HasMetadata {
		t.Errorf("the MP4 is %+v", look)
	}
	coverWidth, coverHeight, mean, deviation := o.coverLook(t)
	if max(coverWidth, coverHeight) > 720 || mean < 20 || deviation < 5 || (coverWidth > coverHeight) != (width > height) {
		t.Errorf("cover of %dx%d, mean %.0f, deviation %.0f", coverWidth, coverHeight, mean, deviation)
	}
	o.checkTracks(t, seconds, audio)
	o.checkReserved(t)
}

// tracks writes each track to a file, as a player assembles it.
func (o outcome) tracks(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, track := range o.index(t).GetTracks() {
		paths = append(paths, o.track(t, track))
	}
	return paths
}

func (o outcome) checkTracks(t *testing.T, seconds float64, audio bool) {
	t.Helper()
	index := o.index(t)
	var first []int64 // start times of the segments of the first video track
	for i, track := range index.GetTracks() {
		isAudio := track.GetName() == "audio"
		if isAudio != (audio && i == len(index.GetTracks())-1) {
			t.Errorf("track %d is %s", i, track.GetName())
		}
		var begins []int64
		var total int64
		for _, s := range track.GetSegments() {
			begins = append(begins, total)
			total += s.GetDurationUs()
		}
		if math.Abs(float64(total)/1e6-seconds) > 0.25 {
			t.Errorf("track %s is %d us, want %g s", track.GetName(), total, seconds)
		}
		if track.GetPeakBandwidth() < track.GetAverageBandwidth() || track.GetAverageBandwidth() <= 0 {
			t.Errorf("track %s has an average of %d and a peak of %d bit/s", track.GetName(), track.GetAverageBandwidth(), track.GetPeakBandwidth())
		}
		if isAudio {
			if track.GetCodecs() != "mp4a.40.2" {
				t.Errorf("audio codec is %s", track.GetCodecs())
			}
			continue
		}
		if i == 0 {
			first = begins
		} else if len(first) != len(begins) {
			t.Errorf("segments of video tracks start at %v and at %v", first, begins)
		}
		for n := range min(len(first), len(begins)) {
			if d := first[n] - begins[n]; d < -1000 || d > 1000 {
				t.Errorf("segments of video tracks start at %v and at %v", first, begins)
			}
		}
		if track.GetName() != fmt.Sprint(min(track.GetWidth(), track.GetHeight())) || !strings.HasPrefix(track.GetCodecs(), "avc1.6400") {
			t.Errorf("track %s (%s) of %dx%d", track.GetName(), track.GetCodecs(), track.GetWidth(), track.GetHeight())
		}
	}
}

// checkReserved checks that the stored objects are those of the result and its
// index.
func (o outcome) checkReserved(t *testing.T) {
	t.Helper()
	named := map[string]bool{"videos/7/source": true, o.result.Cover.Key: true, o.result.HLS.Key: true}
	if o.result.Play != nil {
		named[o.result.Play.Key] = true
	}
	for _, track := range o.index(t).GetTracks() {
		named[track.GetInit().GetKey()] = true
		for _, s := range track.GetSegments() {
			named[s.GetObject().GetKey()] = true
		}
	}
	for _, key := range o.objects.Keys() {
		if !named[key] {
			t.Errorf("%s belongs to nothing", key)
		}
		delete(named, key)
	}
	if len(named) > 0 {
		t.Errorf("not stored: %v", named)
	}
}
