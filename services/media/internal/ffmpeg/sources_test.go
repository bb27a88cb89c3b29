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
	return clip(t, join(picture(size, rate, seconds), tone(seconds), coders()["h264"], []string{"-c:a", "aac", "-movflags", "+faststart"}, more)...)
}

func TestWhatFitsIsKept(t *testing.T) {
	t.Parallel()
	o := process(t, h264(t, "640x360", 30, 9, "fits.mp4"))
	o.mustBeReady(t)
	if o.result.Play != nil {
		t.Error("an MP4 that fits was made again")
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
			t.Errorf("track %s holds %+v", track.GetName(), s)
		}
		// Each segment can be decoded by itself, that is, begins with a key frame.
		alone := slices.Concat(o.objects.Get(track.GetInit().GetKey()), o.objects.Get(track.GetSegments()[1].GetObject().GetKey()))
		decodes(t, o.file(t, "alone.mp4", alone))
	}
	if want := []string{"360", "180", "audio"}; !slices.Equal(names, want) {
		t.Errorf("tracks %v, want %v", names, want)
	}
}

func TestWrongContainerIsCopied(t *testing.T) {
	t.Parallel()
	film := clip(t, join(picture("320x240", 25, 3), tone(3), coders()["h264"], []string{"-c:a", "aac", "late.mp4"})...) // moov at the end
	o := process(t, film)
	o.mustBeReady(t)
	o.checkResult(t, 320, 240, 3, true)
	if o.result.Play == nil || strings.Contains(o.log, "coded anew") {
		t.Errorf("play is %v, %s", o.result.Play, o.log)
	}
	// ultrafast makes no CABAC, veryfast does: what was copied is what was there.
	if profile := probe(t, o.play(t)).Streams[0].Profile; profile != "Constrained Baseline" {
		t.Errorf("profile %s: it was not copied", profile)
	}
}

// The place where a video was recorded is nobody's business.
func TestPlaceIsNotPublished(t *testing.T) {
	t.Parallel()
	const place = "+52.5200+013.4050/"
	for _, file := range []string{"place.mp4", "place.mov"} {
		film := h264(t, "320x240", 25, 2, "-metadata", "location="+place, "-metadata", "com.apple.quicktime.location.ISO6709="+place,
			"-metadata", "title=secret", "-movflags", "+faststart+use_metadata_tags", file)
		if !bytes.Contains(film, []byte("52.5200")) {
			t.Fatal("the film holds no place")
		}
		o := process(t, film)
		o.mustBeReady(t)
		if o.result.Play == nil {
			t.Fatal("the original is published")
		}
		for _, key := range o.objects.Keys() {
			if key != "videos/7/source" && (bytes.Contains(o.objects.Get(key), []byte("52.5200")) || bytes.Contains(o.objects.Get(key), []byte("secret"))) {
				t.Errorf("%s holds the place or the title", key)
			}
		}
	}
}

func TestBlackIntroMakesNoBlackCover(t *testing.T) {
	t.Parallel()
	// Only the first frame needs no other, as live encoders do it.
	for name, black := range map[string]string{"short.mp4": "2", "long.mp4": "20"} {
		film := clip(t, "-f", "lavfi", "-i", "color=black:s=320x180:r=10:d="+black, "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=6",
			"-filter_complex", "[0][1]concat=n=2", "-c:v", "libx264", "-preset", "ultrafast", "-g", "1000", "-sc_threshold", "0",
			"-pix_fmt", "yuv420p", "-movflags", "+faststart", name)
		o := process(t, film)
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
		t.Errorf("the end alone shows something: cover of mean %.0f, deviation %.0f", mean, deviation)
	}
	o := process(t, clip(t, "-f", "lavfi", "-i", "color=black:s=320x180:r=10:d=2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "black.mp4"))
	o.mustBeReady(t) // nothing else is there
	o.coverLook(t)
}

// A phone that is held upright writes a source that lies, and how to turn it.
func TestRotatedSourceBecomesUpright(t *testing.T) {
	t.Parallel()
	h264(t, "640x360", 25, 2, "lying.mp4")
	for _, test := range []struct {
		name string
		args []string
	}{
		{"kept", []string{"-c", "copy", "-movflags", "+faststart", "turned.mp4"}},
		{"copied", []string{"-c", "copy", "turned.mov"}},
		{"anew", []string{"-c:v", "copy", "-c:a", "pcm_s16le", "turned2.mov"}},
	} {
		film := clip(t, join([]string{"-i", "lying.mp4", "-metadata:s:v:0", "rotate=90"}, test.args)...)
		o := process(t, film)
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
			t.Errorf("%s: MP4 is shown as %dx%d", test.name, width, height)
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
		film          []byte
		width, height int
		sound         bool
	}{
		"odd sides": {clip(t, join(picture("321x241", 25, 2), []string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p", "odd.mkv"})...), 320, 240, false},
		"no sound":  {clip(t, join(picture("320x240", 25, 2), coders()["h264"], []string{"-movflags", "+faststart", "mute.mp4"})...), 320, 240, false},
		"wide pixels": {clip(t, join(picture("320x240", 25, 2), []string{"-vf", "setsar=2"}, coders()["h264"],
			[]string{"-movflags", "+faststart", "wide.mp4"})...), 640, 240, false},
		"great":    {clip(t, join(picture("2560x1440", 5, 1), coders()["h264"], []string{"-movflags", "+faststart", "great.mp4"})...), 1920, 1080, false},
		"fast":     {clip(t, join(picture("160x120", 240, 2), coders()["h264"], []string{"-movflags", "+faststart", "fast.mp4"})...), 160, 120, false},
		"slow":     {clip(t, join(picture("160x120", 1, 6), coders()["h264"], []string{"-movflags", "+faststart", "slow.mp4"})...), 160, 120, false},
		"smallest": {clip(t, join(picture("16x16", 25, 1), coders()["h264"], []string{"small.mp4"})...), 16, 16, false},
		"portrait": {h264(t, "240x426", 25, 2, "portrait.mov"), 240, 426, true},
		"a moment": {h264(t, "160x120", 25, 1, "-t", "0.3", "moment.mp4"), 160, 120, true},
		"one picture": {clip(t, join(picture("160x120", 10, 1), coders()["h264"], []string{"-frames:v", "1", "-movflags", "+faststart", "one.mp4"})...),
			160, 120, false},
		"pictures begin late": {clip(t, join([]string{"-itsoffset", "0.7"}, picture("160x120", 25, 2), tone(2), coders()["h264"],
			[]string{"-c:a", "aac", "-t", "2", "late.mp4"})...), 160, 120, true},
		"song of one picture": {clip(t, join(picture("160x120", 25, 1), tone(8), coders()["h264"], []string{"-c:a", "aac", "song.mp4"})...), 160, 120, true},
		"song in Matroska":    {clip(t, join(picture("160x120", 25, 1), tone(8), coders()["vp8"], []string{"-c:a", "libopus", "song.webm"})...), 160, 120, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := process(t, test.film)
			o.mustBeReady(t)
			seconds := map[string]float64{"great": 1, "smallest": 1, "slow": 6, "a moment": 0.3, "one picture": 0.1,
				"song of one picture": 8, "song in Matroska": 8}[name]
			if seconds == 0 {
				seconds = 2
			}
			o.checkResult(t, test.width, test.height, seconds, test.sound)
			if rate := o.index(t).GetTracks()[0].GetFrameRate(); rate > 60 || rate < 10 {
				t.Errorf("%g frames per second", rate)
			}
		})
	}
}

// A source of a bright camera comes out in the range of screens.
func TestHDRIsToneMapped(t *testing.T) {
	t.Parallel()
	film := clip(t, join(picture("192x144", 10, 1), []string{"-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le",
		"-x265-params", "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc", "-color_primaries", "bt2020",
		"-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", "-tag:v", "hvc1", "hdr.mov"})...)
	o := process(t, film)
	o.mustBeReady(t)
	o.checkResult(t, 192, 144, 1, false)
	if s := probe(t, o.play(t)).Streams[0]; s.Transfer != "bt709" {
		t.Errorf("transfer is %q", s.Transfer)
	}
}

// The picture that a music player shows is no source, and no part of one.
func TestAttachedPictureIsPassedOver(t *testing.T) {
	t.Parallel()
	clip(t, "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", "red.png")
	h264(t, "320x240", 25, 2, "plain.mp4")
	film := clip(t, "-i", "plain.mp4", "-i", "red.png", "-map", "1", "-map", "0", "-c", "copy", "-disposition:v:0", "attached_pic", "-movflags", "+faststart", "attached.mp4")
	o := process(t, film)
	o.mustBeReady(t)
	o.checkResult(t, 320, 240, 2, true)
	music := clip(t, join(tone(2), []string{"-i", "red.png", "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "copy", "-disposition:v:0", "attached_pic", "music.mp4"})...)
	process(t, music).mustFail(t, videov1.FailureNoPicture)
}

// What coding anew adds does not make a source too long.
func TestLongestSource(t *testing.T) {
	t.Parallel()
	film := clip(t, join(picture("160x120", 25, 4), tone(4), coders()["h264"], []string{"-c:a", "libopus", "-t", "4", "longest.mkv"})...)
	process(t, film, func(s *settings) { s.limits.MaxDuration = 4008 * time.Millisecond }).mustBeReady(t)
}

func TestTruncatedSourceIsShownAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	whole := h264(t, "320x240", 25, 10, "whole.mp4")
	o := process(t, whole[:len(whole)*8/10])
	o.mustBeReady(t)
	if s := o.result.Duration.Seconds(); s < 6 || s > 9.5 {
		t.Errorf("plays for %g s", s)
	}
	if o.result.Play == nil {
		t.Error("the damaged file is what players get")
	}
	decodes(t, append(o.tracks(t), o.play(t))...)
	process(t, whole[:len(whole)*2/10]).mustFail(t, videov1.FailureUnreadable)
	// The last picture stays for the sound that is there, not for what was promised.
	song := clip(t, join(picture("320x240", 25, 1), tone(10), coders()["h264"], []string{"-c:a", "aac", "-movflags", "+faststart", "cutsong.mp4"})...)
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
	matroska := clip(t, join(picture("320x240", 25, 10), tone(10), coders()["h264"], []string{"-c:a", "aac", "whole.mkv"})...)
	process(t, matroska[:len(matroska)*8/10]).mustBeReady(t)
	late := clip(t, join(picture("320x240", 25, 3), coders()["h264"], []string{"late2.mp4"})...)
	process(t, late[:len(late)*9/10]).mustFail(t, videov1.FailureUnreadable) // without its header nothing can be read
	if _, err := os.Stat(clipFile("whole.mp4")); err != nil {
		t.Error(err)
	}
}
