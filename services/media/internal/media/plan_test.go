package media_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

func TestDecide(t *testing.T) {
	aac := &media.AudioStream{Codec: "aac", LC: true, Channels: 2}
	tests := map[string]struct {
		change func(f *media.Info)
		keep   bool
		copies [2]bool // video, audio
	}{
		"fits":              {func(*media.Info) {}, true, [2]bool{}},
		"fits, with audio":  {func(f *media.Info) { f.Audio = aac }, true, [2]bool{}},
		"header at the end": {func(f *media.Info) { f.Audio = aac; f.FastStart = false }, false, [2]bool{true, true}},
		"QuickTime":         {func(f *media.Info) { f.QuickTime = true }, false, [2]bool{true, false}},
		"has metadata":      {func(f *media.Info) { f.HasMetadata = true }, false, [2]bool{true, false}},
		"another stream":    {func(f *media.Info) { f.Others = 1 }, false, [2]bool{true, false}},
		"Matroska":          {func(f *media.Info) { f.Container = media.ContainerMatroska; f.Audio = aac }, false, [2]bool{true, true}},
		"HEVC":              {func(f *media.Info) { f.Video.Codec = "hevc"; f.Audio = aac }, false, [2]bool{false, true}},
		"10 bit":            {func(f *media.Info) { f.Video.EightBit = false }, false, [2]bool{}},
		"wide pixels":       {func(f *media.Info) { f.Video.Square = false }, false, [2]bool{}},
		"120 a second":      {func(f *media.Info) { f.Video.Rate = media.Rate{Num: 120, Den: 1} }, false, [2]bool{}},
		"too many bits":     {func(f *media.Info) { f.Bytes = 100 << 20 }, false, [2]bool{}},
		"Opus":              {func(f *media.Info) { f.Audio = &media.AudioStream{Codec: "opus", Channels: 2} }, false, [2]bool{true, false}},
		"six channels":      {func(f *media.Info) { f.Audio = &media.AudioStream{Codec: "aac", LC: true, Channels: 6} }, false, [2]bool{true, false}},
		"unknown duration":  {func(f *media.Info) { f.Duration = 0 }, false, [2]bool{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := fittingInfo()
			f.Container = media.ContainerMP4
			test.change(&f)
			plan, err := media.Decide(f, limits())
			if err != nil || plan.Keep != test.keep || [2]bool{plan.CopyVideo, plan.CopyAudio} != test.copies {
				t.Errorf("%+v, %v", plan, err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		change func(f *media.Info)
		reason string
	}{
		"audio only":          {func(f *media.Info) { f.Video = nil }, videov1.FailureNoPicture},
		"unknown video codec": {func(f *media.Info) { f.Video = nil; f.UnusableVideo = "prores" }, videov1.FailureCodec},
		"unknown audio codec": {func(f *media.Info) { f.UnusableAudio = "amr_nb" }, videov1.FailureCodec},
		"too long":            {func(f *media.Info) { f.Duration = 31 * time.Minute }, videov1.FailureTooLong},
		"no size":             {func(f *media.Info) { f.Video.Stored = media.Size{} }, videov1.FailureUnreadable},
		"one pixel":           {func(f *media.Info) { f.Video.Stored = media.Size{Width: 1, Height: 1} }, videov1.FailureDimensions},
		"16k":                 {func(f *media.Info) { f.Video.Stored = media.Size{Width: 15360, Height: 8640} }, videov1.FailureDimensions},
		"very wide":           {func(f *media.Info) { f.Video.Stored = media.Size{Width: 8000, Height: 16} }, videov1.FailureDimensions},
	}
	for name, test := range tests {
		f := fittingInfo()
		test.change(&f)
		_, err := media.Decide(f, limits())
		var failure *media.Failure
		if !errors.As(err, &failure) || failure.Reason != test.reason {
			t.Errorf("%s: %v, want %s", name, err, test.reason)
		}
	}
}

func TestSizes(t *testing.T) {
	size := func(w, h int) media.Size { return media.Size{Width: w, Height: h} }
	tests := []struct {
		shown, play media.Size
		tracks      []media.Size
	}{
		{size(1920, 1080), size(1920, 1080), []media.Size{size(1280, 720), size(640, 360)}},
		{size(3840, 2160), size(1920, 1080), []media.Size{size(1280, 720), size(640, 360)}},
		{size(1080, 1920), size(1080, 1920), []media.Size{size(720, 1280), size(360, 640)}},
		{size(640, 360), size(640, 360), []media.Size{size(640, 360), size(320, 180)}},
		{size(320, 240), size(320, 240), []media.Size{size(320, 240), size(240, 180)}},
		{size(426, 238), size(426, 238), []media.Size{size(426, 238)}},
		{size(853, 481), size(854, 482), []media.Size{size(854, 482), size(638, 360)}},
		{size(16, 16), size(16, 16), []media.Size{size(16, 16)}},
	}
	for _, test := range tests {
		f := fittingInfo()
		f.Video.Shown, f.Video.Stored = test.shown, test.shown
		f.Video.Codec = "vp9"
		plan, err := media.Decide(f, limits())
		if err != nil || plan.Play != test.play || !slices.Equal(plan.Tracks, test.tracks) || plan.Cover.Long() > 720 || plan.Shown != test.play {
			t.Errorf("%v: play %v, tracks %v, cover %v, %v", test.shown, plan.Play, plan.Tracks, plan.Cover, err)
		}
	}
}

// The last frame is repeated until the end of the audio.
func TestPadding(t *testing.T) {
	for _, test := range []struct{ video, audio, want time.Duration }{
		{2 * time.Second, 8 * time.Second, 6 * time.Second},
		{8 * time.Second, 8100 * time.Millisecond, 0},
		{8 * time.Second, 2 * time.Second, 0},
		{0, 8 * time.Second, 0},
		{8 * time.Second, 0, 0},
	} {
		f := fittingInfo()
		f.Video.Duration, f.Audio = test.video, &media.AudioStream{Codec: "aac", Duration: test.audio}
		if plan, err := media.Decide(f, limits()); err != nil || plan.Pad != test.want {
			t.Errorf("video of %v, audio of %v: %v, %v", test.video, test.audio, plan.Pad, err)
		}
	}
}

func TestPick(t *testing.T) {
	black, white := bytes.Repeat([]byte{2}, 64), bytes.Repeat([]byte{250}, 64)
	flat, dim := bytes.Repeat([]byte{128}, 64), bytes.Repeat([]byte{4, 9}, 32)
	good, better := bytes.Repeat([]byte{60, 120}, 32), bytes.Repeat([]byte{10, 220}, 32)
	tests := map[string]struct {
		grays [][]byte
		index int
	}{
		"first good one": {[][]byte{black, flat, good, better}, 2},
		"none good":      {[][]byte{black, white, dim, flat}, 2},
		"all the same":   {[][]byte{black, black}, 0},
		"none":           {nil, -1},
	}
	for name, test := range tests {
		var thumbnails []media.Thumbnail
		for _, gray := range test.grays {
			thumbnails = append(thumbnails, media.Thumbnail{Gray: gray})
		}
		if index := media.Pick(thumbnails); index != test.index {
			t.Errorf("%s: %d, want %d", name, index, test.index)
		}
	}
}

func TestContainerOf(t *testing.T) {
	tests := map[string]media.Container{
		"\x00\x00\x00\x18ftypisom": media.ContainerMP4, "\x00\x00\x00\x08wide\x00\x00\x10\x00": media.ContainerMP4,
		"\x00\x00\x00\x14pnot\x00\x00\x00\x00": media.ContainerMP4,
		"\x1a\x45\xdf\xa3\x01":                 media.ContainerMatroska, "\x1a\x45\xdf\xa3\xa3B\x82\x88matroska": media.ContainerMatroska,
		"#EXTM3U\n#EXT": "", "ffconcat version": "", "": "", "\x00\x00\x00\x18fty": "",
	}
	for head, want := range tests {
		if got, known := media.ContainerOf([]byte(head)); got != want || known != (want != "") {
			t.Errorf("%q is %q", head, got)
		}
	}
}
