package ffmpeg_test

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

func h264(t *testing.T, size string, rate, seconds int, more ...string) []byte {
	t.Helper()
	return clip(t, join(videoInput(size, rate, seconds), audioInput(seconds), coders()["h264"], []string{"-c:a", "aac", "-movflags", "+faststart"}, more)...)
}

func TestFittingMP4IsKept(t *testing.T) {
	t.Parallel()
	o := process(t, h264(t, "640x360", 30, 9, "fits.mp4"))
	o.mustBeReady(t)
	if o.result.Play != nil {
		t.Error("an MP4 that fits was not kept")
	}
	o.checkResult(t, 640, 360, 9, true)
	var names []string
	for _, track := range o.index(t).GetTracks() {
		names = append(names, track.GetName())
		if track.GetName() == "audio" {
			continue
		}
		if got := len(track.GetSegments()); got != 3 {
			t.Errorf("%d segments of 9 s", got)
		}
		s := probe(t, o.track(t, track)).Streams[0]
		if s.Width != int(track.GetWidth()) || s.Height != int(track.GetHeight()) || s.Rate != "30/1" {
			t.Errorf("track %s contains %+v", track.GetName(), s)
		}
		// Each segment begins with a key frame, so it can be decoded alone.
		alone := slices.Concat(o.objects.Get(track.GetInit().GetKey()), o.objects.Get(track.GetSegments()[1].GetObject().GetKey()))
		decodes(t, o.file(t, "alone.mp4", alone))
	}
	if want := []string{"360", "180", "audio"}; !slices.Equal(names, want) {
		t.Errorf("tracks %v, want %v", names, want)
	}
}

func TestWrongContainerIsCopied(t *testing.T) {
	t.Parallel()
	source := clip(t, join(videoInput("320x240", 25, 3), audioInput(3), coders()["h264"], []string{"-c:a", "aac", "late.mp4"})...) // moov at the end
	o := process(t, source)
	o.mustBeReady(t)
	o.checkResult(t, 320, 240, 3, true)
	if o.result.Play == nil || strings.Contains(o.log, "encoding all") {
		t.Errorf("play is %v, %s", o.result.Play, o.log)
	}
	// The source was encoded with ultrafast, which does not use CABAC. Encoding here
	// would use it.
	if profile := probe(t, o.play(t)).Streams[0].Profile; profile != "Constrained Baseline" {
		t.Errorf("profile %s: it was not copied", profile)
	}
}

// Outputs do not contain the place of recording or the title.
func TestPlaceIsNotPublished(t *testing.T) {
	t.Parallel()
	const place = "+52.5200+013.4050/"
	for _, file := range []string{"place.mp4", "place.mov"} {
		source := h264(t, "320x240", 25, 2, "-metadata", "location="+place, "-metadata", "com.apple.quicktime.location.ISO6709="+place,
			"-metadata", "title=secret", "-movflags", "+faststart+use_metadata_tags", file)
		if !bytes.Contains(source, []byte("52.5200")) {
			t.Fatal("the source contains no place")
		}
		o := process(t, source)
		o.mustBeReady(t)
		if o.result.Play == nil {
			t.Fatal("the source is published unchanged")
		}
		for _, key := range o.objects.Keys() {
			if key != "videos/7/source" && (bytes.Contains(o.objects.Get(key), []byte("52.5200")) || bytes.Contains(o.objects.Get(key), []byte("secret"))) {
				t.Errorf("%s contains the place or the title", key)
			}
		}
	}
}

func TestCoverSkipsBlackIntro(t *testing.T) {
	t.Parallel()
	// Only the first frame is a key frame, as in the output of live encoders.
	for name, black := range map[string]string{"short.mp4": "2", "long.mp4": "20"} {
		source := clip(t, "-f", "lavfi", "-i", "color=black:s=320x180:r=10:d="+black, "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=6",
			"-filter_complex", "[0][1]concat=n=2", "-c:v", "libx264", "-preset", "ultrafast", "-g", "1000", "-sc_threshold", "0",
			"-pix_fmt", "yuv420p", "-movflags", "+faststart", name)
		o := process(t, source)
		o.mustBeReady(t)
		if _, _, mean, deviation := o.coverLook(t); mean < 30 || deviation < 10 {
			t.Errorf("%s: cover of mean %.0f, deviation %.0f", name, mean, deviation)
		}
	}
	end := clip(t, "-f", "lavfi", "-i", "color=black:s=64x64:r=10:d=292", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=6",
		"-filter_complex", "[0][1]concat=n=2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "end.mp4")
	late := process(t, end, func(s *settings) { s.limits.MaxDuration = 10 * time.Minute })
	late.mustBeReady(t)
	if _, _, mean, deviation := late.coverLook(t); mean < 30 || deviation < 10 {
		t.Errorf("black until the end: cover of mean %.0f, deviation %.0f", mean, deviation)
	}
	o := process(t, clip(t, "-f", "lavfi", "-i", "color=black:s=320x180:r=10:d=2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "black.mp4"))
	o.mustBeReady(t) // a black cover is better than none
	o.coverLook(t)
}

// A phone held upright records a landscape video with a rotation.
func TestRotatedSourceBecomesUpright(t *testing.T) {
	t.Parallel()
	h264(t, "640x360", 25, 2, "landscape.mp4")
	for _, test := range []struct {
		name string
		args []string
	}{
		{"kept", []string{"-c", "copy", "-movflags", "+faststart", "turned.mp4"}},
		{"copied", []string{"-c", "copy", "turned.mov"}},
		{"encoded", []string{"-c:v", "copy", "-c:a", "pcm_s16le", "turned2.mov"}},
	} {
		source := clip(t, join([]string{"-i", "landscape.mp4", "-metadata:s:v:0", "rotate=90"}, test.args)...)
		o := process(t, source)
		o.mustBeReady(t)
		if o.result.Size != (media.Size{Width: 360, Height: 640}) {
			t.Errorf("%s: %v, want 360x640", test.name, o.result.Size)
		}
		s := probe(t, o.play(t)).Streams[0]
		width, height := s.Width, s.Height
		if len(s.SideData) > 0 && math.Mod(math.Abs(s.SideData[0].Rotation), 180) == 90 {
			width, height = height, width
		}
		if width != 360 || height != 640 {
			t.Errorf("%s: MP4 is displayed as %dx%d", test.name, width, height)
		}
		top := o.index(t).GetTracks()[0]
		if s := probe(t, o.track(t, top)).Streams[0]; s.Width != 360 || s.Height != 640 || len(s.SideData) > 0 {
			t.Errorf("%s: top track is %+v", test.name, s)
		}
		if w, h, _, _ := o.coverLook(t); w >= h {
			t.Errorf("%s: cover of %dx%d", test.name, w, h)
		}
	}
}

func TestUnusualShapes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source        []byte
		width, height int
		audio         bool
	}{
		"odd sides": {clip(t, join(videoInput("321x241", 25, 2), []string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p", "odd.mkv"})...), 320, 240, false},
		"no audio":  {clip(t, join(videoInput("320x240", 25, 2), coders()["h264"], []string{"-movflags", "+faststart", "mute.mp4"})...), 320, 240, false},
		"wide pixels": {clip(t, join(videoInput("320x240", 25, 2), []string{"-vf", "setsar=2"}, coders()["h264"],
			[]string{"-movflags", "+faststart", "wide.mp4"})...), 640, 240, false},
		"great":    {clip(t, join(videoInput("2560x1440", 5, 1), coders()["h264"], []string{"-movflags", "+faststart", "great.mp4"})...), 1920, 1080, false},
		"fast":     {clip(t, join(videoInput("160x120", 240, 2), coders()["h264"], []string{"-movflags", "+faststart", "fast.mp4"})...), 160, 120, false},
		"slow":     {clip(t, join(videoInput("160x120", 1, 6), coders()["h264"], []string{"-movflags", "+faststart", "slow.mp4"})...), 160, 120, false},
		"smallest": {clip(t, join(videoInput("16x16", 25, 1), coders()["h264"], []string{"small.mp4"})...), 16, 16, false},
		"portrait": {h264(t, "240x426", 25, 2, "portrait.mov"), 240, 426, true},
		"0.3 s":    {h264(t, "160x120", 25, 1, "-t", "0.3", "moment.mp4"), 160, 120, true},
		"one frame": {clip(t, join(videoInput("160x120", 10, 1), coders()["h264"], []string{"-frames:v", "1", "-movflags", "+faststart", "one.mp4"})...),
			160, 120, false},
		"video begins late": {clip(t, join([]string{"-itsoffset", "0.7"}, videoInput("160x120", 25, 2), audioInput(2), coders()["h264"],
			[]string{"-c:a", "aac", "-t", "2", "late.mp4"})...), 160, 120, true},
		"song with one frame": {clip(t, join(videoInput("160x120", 25, 1), audioInput(8), coders()["h264"], []string{"-c:a", "aac", "song.mp4"})...), 160, 120, true},
		"song in Matroska":    {clip(t, join(videoInput("160x120", 25, 1), audioInput(8), coders()["vp8"], []string{"-c:a", "libopus", "song.webm"})...), 160, 120, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := process(t, test.source)
			o.mustBeReady(t)
			seconds := map[string]float64{"great": 1, "smallest": 1, "slow": 6, "0.3 s": 0.3, "one frame": 0.1,
				"song with one frame": 8, "song in Matroska": 8}[name]
			if seconds == 0 {
				seconds = 2
			}
			o.checkResult(t, test.width, test.height, seconds, test.audio)
			if rate := o.index(t).GetTracks()[0].GetFrameRate(); rate > 60 || rate < 10 {
				t.Errorf("%g frames per second", rate)
			}
		})
	}
}

// HDR is mapped to the range of ordinary screens.
func TestHDRIsToneMapped(t *testing.T) {
	t.Parallel()
	source := clip(t, join(videoInput("192x144", 10, 1), []string{"-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le",
		"-x265-params", "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc", "-color_primaries", "bt2020",
		"-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", "-tag:v", "hvc1", "hdr.mov"})...)
	o := process(t, source)
	o.mustBeReady(t)
	o.checkResult(t, 192, 144, 1, false)
	if s := probe(t, o.play(t)).Streams[0]; s.Transfer != "bt709" {
		t.Errorf("transfer is %q", s.Transfer)
	}
}

// Cover art is not a video stream.
func TestCoverArtIsIgnored(t *testing.T) {
	t.Parallel()
	clip(t, "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", "red.png")
	h264(t, "320x240", 25, 2, "plain.mp4")
	source := clip(t, "-i", "plain.mp4", "-i", "red.png", "-map", "1", "-map", "0", "-c", "copy", "-disposition:v:0", "attached_pic", "-movflags", "+faststart", "attached.mp4")
	o := process(t, source)
	o.mustBeReady(t)
	o.checkResult(t, 320, 240, 2, true)
	music := clip(t, join(audioInput(2), []string{"-i", "red.png", "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "copy", "-disposition:v:0", "attached_pic", "music.mp4"})...)
	process(t, music).mustFail(t, videov1.FailureNoPicture)
}

// A source of the maximum duration is not too long if encoding adds a few frames.
func TestLongestSource(t *testing.T) {
	t.Parallel()
	source := clip(t, join(videoInput("160x120", 25, 4), audioInput(4), coders()["h264"], []string{"-c:a", "libopus", "-t", "4", "longest.mkv"})...)
	process(t, source, func(s *settings) { s.limits.MaxDuration = 4008 * time.Millisecond }).mustBeReady(t)
}

func TestTruncatedSourceIsPublished(t *testing.T) {
	t.Parallel()
	whole := h264(t, "320x240", 25, 10, "whole.mp4")
	o := process(t, whole[:len(whole)*8/10])
	o.mustBeReady(t)
	if s := o.result.Duration.Seconds(); s < 6 || s > 9.5 {
		t.Errorf("the duration is %g s", s)
	}
	if o.result.Play == nil {
		t.Error("the damaged file is published unchanged")
	}
	decodes(t, append(o.tracks(t), o.play(t))...)
	process(t, whole[:len(whole)*2/10]).mustFail(t, videov1.FailureUnreadable)
	// The last frame is repeated for the decoded audio, not for the declared duration.
	song := clip(t, join(videoInput("320x240", 25, 1), audioInput(10), coders()["h264"], []string{"-c:a", "aac", "-movflags", "+faststart", "cutsong.mp4"})...)
	o = process(t, song[:len(song)*7/10])
	o.mustBeReady(t)
	for _, track := range o.index(t).GetTracks() {
		var us int64
		for _, s := range track.GetSegments() {
			us += s.GetDurationUs()
		}
		if d := o.result.Duration.Seconds(); d > 8 || math.Abs(float64(us)/1e6-d) > 0.25 {
			t.Errorf("track %s is %d us of %g s", track.GetName(), us, d)
		}
	}
	matroska := clip(t, join(videoInput("320x240", 25, 10), audioInput(10), coders()["h264"], []string{"-c:a", "aac", "whole.mkv"})...)
	process(t, matroska[:len(matroska)*8/10]).mustBeReady(t)
	late := clip(t, join(videoInput("320x240", 25, 3), coders()["h264"], []string{"late2.mp4"})...)
	process(t, late[:len(late)*9/10]).mustFail(t, videov1.FailureUnreadable) // the header at the end is missing
	if _, err := os.Stat(clipFile("whole.mp4")); err != nil {
		t.Error(err)
	}
}
