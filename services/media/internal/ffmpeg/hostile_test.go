package ffmpeg_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

// canary is the content of a file that a source must not be able to read.
const canary = "THE-CANARY-THAT-MUST-NOT-SING"

// listener counts connections.
func listener(t *testing.T) (address string, calls *atomic.Int64) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	calls = new(atomic.Int64)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			_ = conn.Close()
		}
	}()
	return l.Addr().String(), calls
}

// ftyp is the beginning of an MP4.
func ftyp() []byte {
	return append([]byte{0, 0, 0, 24}, "ftypisom\x00\x00\x02\x00isommp41"...)
}

// hostiles are texts with which some demuxer opens other files or connections.
func hostiles(secret, address string) map[string]string {
	return map[string]string{
		"m3u8 with a URL":  fmt.Sprintf("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nhttp://%s/a.ts\n#EXT-X-ENDLIST\n", address),
		"m3u8 with a file": fmt.Sprintf("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile://%s\n#EXT-X-ENDLIST\n", secret),
		"m3u8 in m3u8":     fmt.Sprintf("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nconcat:http://%[2]s/x|file://%[1]s\n", secret, address),
		"ffconcat":         fmt.Sprintf("ffconcat version 1.0\nfile '%[1]s'\nfile 'http://%[2]s/a.mp4'\n", secret, address),
		"svg":              fmt.Sprintf("<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"64\" height=\"64\"><image xlink:href=\"file://%[1]s\" width=\"64\" height=\"64\"/><image xlink:href=\"http://%[2]s/\"/></svg>", secret, address),
		"dash":             fmt.Sprintf("<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period><AdaptationSet><Representation><BaseURL>http://%[2]s/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD><!-- %[1]s -->", secret, address),
		"html":             "<html><body><video src=\"http://" + address + "/a.mp4\"></video></body></html>",
		"sdp":              "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
		"text":             strings.Repeat("This is not a video. ", 500),
	}
}

// Without the restrictions, ffmpeg opens the files and connections of these texts.
// So the next test would notice if a restriction were missing.
func TestHostileTextsWorkWithoutRestrictions(t *testing.T) {
	t.Parallel()
	h264(t, "320x240", 25, 2, "victim.mp4")
	address, calls := listener(t)
	folder := t.TempDir()
	follow := func(name, text string, args ...string) []byte {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"-v", "error", "-nostdin", "-protocol_whitelist", "file,http,tcp,concat"}, args...)
		args = append(args, "-i", name, "-c", "copy", "-f", "framecrc", "-")
		cmd := exec.CommandContext(t.Context(), "ffmpeg", args...)
		cmd.Dir = folder
		out, _ := cmd.Output() // fails because the server sends nothing
		return out
	}
	texts := hostiles(clipFile("victim.mp4"), address)
	for name, args := range map[string][]string{"m3u8 with a URL": nil, "ffconcat": {"-safe", "0"}} {
		before := calls.Load()
		read := follow(name, texts[name], args...)
		if calls.Load() == before {
			t.Errorf("%s: no connection was made", name)
		}
		if name == "ffconcat" && !bytes.Contains(read, []byte("0,")) {
			t.Errorf("%s: the other file was not read: %s", name, read)
		}
	}
}

// A source cannot make ffmpeg open another file or connection. The whitelists alone
// ensure that, so it holds without the sandbox too.
func TestSourcesOpenNothingElse(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret.ts")
	if err := os.WriteFile(secret, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	address, calls := listener(t)
	sources := map[string][]byte{}
	for name, text := range hostiles(secret, address) {
		sources[name] = []byte(text)
		sources[name+" behind ftyp"] = append(ftyp(), text...)
		sources[name+" behind EBML"] = append([]byte("\x1a\x45\xdf\xa3"), text...)
	}
	for name, source := range sources {
		for _, mode := range []sandbox.Mode{sandbox.Off, sandbox.Auto} {
			if mode == sandbox.Auto && !strings.Contains(name, "m3u8") {
				continue // the test without the sandbox is enough
			}
			t.Run(name+" "+string(mode), func(t *testing.T) {
				o := process(t, source, func(s *settings) { s.mode = mode })
				o.mustFail(t, videov1.FailureUnreadable)
				if keys := o.objects.Keys(); len(keys) != 1 {
					t.Errorf("objects were stored: %v", keys)
				}
			})
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d connections to a server named in a source", n)
	}
}

func TestUnknownFormatsFail(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source  []byte
		reasons []string
	}{
		"no bytes":     {nil, []string{videov1.FailureUnreadable}},
		"few bytes":    {[]byte("\x00\x00\x00\x18ftyp"), []string{videov1.FailureUnreadable}},
		"zeros":        {make([]byte, 100_000), []string{videov1.FailureUnreadable}},
		"audio only":   {clip(t, join(audioInput(2), []string{"-c:a", "aac", "sound.mp4"})...), []string{videov1.FailureNoPicture}},
		"audio in mkv": {clip(t, join(audioInput(2), []string{"-c:a", "libopus", "sound.mkv"})...), []string{videov1.FailureNoPicture}},
		"video codec":  {clip(t, join(videoInput("320x240", 5, 1), []string{"-c:v", "prores", "prores.mov"})...), []string{videov1.FailureCodec}},
		"audio codec":  {clip(t, join(videoInput("320x240", 5, 1), audioInput(1), coders()["h264"], []string{"-c:a", "pcm_alaw", "alaw.mov"})...), []string{videov1.FailureCodec}},
		"one pixel":    {clip(t, "-f", "lavfi", "-i", "color=s=64x64:d=1,format=yuv444p,scale=1:1", "-c:v", "libvpx-vp9", "one.webm"), []string{videov1.FailureDimensions}},
		"16k":          {clip(t, "-f", "lavfi", "-i", "color=s=8190x8190:d=0.04", "-frames:v", "1", "-c:v", "mpeg4", "16k.mp4"), []string{videov1.FailureDimensions}},
		"ribbon":       {clip(t, "-f", "lavfi", "-i", "color=s=8000x32:d=0.2", "-c:v", "libx264", "-preset", "ultrafast", "ribbon.mp4"), []string{videov1.FailureDimensions}},
		"long":         {clip(t, "-f", "lavfi", "-i", "color=s=64x64:r=1:d=40", "-c:v", "libx264", "-preset", "ultrafast", "hours.mp4"), []string{videov1.FailureTooLong}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := process(t, test.source)
			o.mustFail(t, test.reasons...)
			if keys := o.objects.Keys(); len(keys) != 1 {
				t.Errorf("objects were stored: %v", keys)
			}
		})
	}
}

// A source that is longer or larger than its header declares does not exceed the
// limits.
func TestBombsAreBounded(t *testing.T) {
	t.Parallel()
	bounded := func(name string, source []byte, reasons []string, change ...func(*settings)) {
		t.Helper()
		begin := time.Now()
		o := process(t, source, change...)
		if o.reason != "" || len(reasons) > 0 {
			o.mustFail(t, reasons...)
		}
		if took := time.Since(begin); took > patience {
			t.Errorf("%s took %v", name, took)
		}
	}
	short := func(s *settings) { s.limits.MaxDuration = 2 * time.Second }
	// Matroska of a live stream, which declares no duration.
	live := clip(t, join(videoInput("160x120", 25, 8), coders()["h264"], []string{"-f", "matroska", "-live", "1", "live.mkv"})...)
	bounded("no duration", live, []string{videov1.FailureTooLong}, short)
	lying := clip(t, join(videoInput("160x120", 25, 8), coders()["h264"], []string{"lying.mkv"})...)
	at := bytes.Index(lying, []byte{0x44, 0x89, 0x88}) // Duration, 8 bytes of float
	if at < 0 {
		t.Fatal("no duration in the source")
	}
	lying = slices.Clone(lying)
	copy(lying[at+3:], []byte{0x40, 0x8f, 0x40, 0, 0, 0, 0, 0}) // 1000 ms
	bounded("declares 1 s", lying, []string{videov1.FailureTooLong}, short)
	frames := clip(t, "-f", "lavfi", "-i", "testsrc2=s=64x64:r=10000:d=0.5", "-c:v", "libx264", "-preset", "ultrafast", "-video_track_timescale", "10000", "bomb.mp4")
	bounded("10,000 frames a second", frames, nil)
	heavy := h264(t, "1280x720", 30, 8, "heavy.mov")
	bounded("out of time", heavy, []string{videov1.FailureTooComplex}, func(s *settings) {
		s.limits.MaxWork = 1500 * time.Millisecond
		s.patience = 1 // on a busy machine the job is released instead
	})
	bounded("out of memory", clip(t, join(videoInput("3840x2160", 5, 1), coders()["hevc"], []string{"uhd.mp4"})...),
		[]string{videov1.FailureTooComplex}, func(s *settings) { s.options.Memory = 600 << 20 })
	bounded("too much output", heavy, []string{videov1.FailureTooComplex}, func(s *settings) { s.options.MaxOutput = 300 << 10 })
}
