package ffmpeg_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

// A MOV can refer to samples in another file.
func TestReferenceToAnotherFileIsNotFollowed(t *testing.T) {
	t.Parallel()
	for name, source := range referrers(t) {
		t.Run(name, func(t *testing.T) {
			o := process(t, source, func(s *settings) { s.mode = sandbox.Off })
			o.mustFail(t, videov1.FailureUnreadable, videov1.FailureNoPicture, videov1.FailureCodec)
			if keys := o.objects.Keys(); len(keys) != 1 {
				t.Errorf("objects were stored: %v", keys)
			}
		})
	}
}

// Without the restrictions, ffmpeg decodes these sources. Relative paths need only
// one of the two options.
func TestReferencesWorkWithoutRestrictions(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, source := range referrers(t) {
		if err := os.WriteFile(filepath.Join(folder, name), source, 0o600); err != nil {
			t.Fatal(err)
		}
		for absolute, want := range map[string]bool{"1": true, "0": strings.HasPrefix(name, "relative")} {
			cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-nostdin", "-enable_drefs", "1", "-use_absolute_path", absolute,
				"-i", name, "-map", "0:v", "-f", "framecrc", "-")
			cmd.Dir = folder
			out, _ := cmd.Output() // fails if the reference is not followed
			if shown := bytes.Count(out, []byte("\n0,")) == 50; shown != want {
				t.Errorf("%s, use_absolute_path %s: shown is %t, want %t: %s", name, absolute, shown, want, out)
			}
		}
	}
}

// referrers are sources by file name, whose samples are in another existing file.
// None refers to a URL: ffmpeg follows only aliases, and replaces colons in them by
// slashes.
func referrers(t *testing.T) map[string][]byte {
	t.Helper()
	h264(t, "320x240", 25, 2, "victim.mp4")
	sources := map[string][]byte{}
	for _, kind := range []string{"mp4", "mov"} {
		own := clip(t, "-i", clipFile("victim.mp4"), "-c", "copy", "own."+kind)
		path := clipFile("own." + kind)
		sources["absolute."+kind] = referring(t, own, path, 0, 0)
		// Up 32 folders, which reaches the root, then down by the whole path.
		sources["relative."+kind] = referring(t, own, path, 33, uint16(strings.Count(path, "/")))
	}
	return sources
}

// referring changes a source so that its samples are in another file, and clears
// its own. Each data reference "this file" is replaced by an alias with a path. The
// path is absolute, or relative if up and down are the levels to the common folder
// and from there to the file.
func referring(t *testing.T, source []byte, path string, up, down uint16) []byte {
	t.Helper()
	here := []byte("\x00\x00\x00\x0curl \x00\x00\x00\x01")
	if !bytes.Contains(source, here) {
		here = []byte("\x00\x00\x00\x0calis\x00\x00\x00\x01")
	}
	at := bytes.Index(source, []byte("mdat"))
	if !bytes.Contains(source, here) || at < 0 {
		t.Fatal("no data reference or no samples in the source")
	}
	source = slices.Clone(source)
	clear(source[at+4 : at-4+int(binary.BigEndian.Uint32(source[at-4:]))])
	alias := make([]byte, 4+10+1+27+12+1+63+16) // flags: another file; no names
	alias = binary.BigEndian.AppendUint16(alias, up)
	alias = binary.BigEndian.AppendUint16(alias, down)
	alias = append(alias, make([]byte, 16)...)
	alias = binary.BigEndian.AppendUint16(append(alias, 0, 2), uint16(len(path))) // of type 2, a path
	alias = append(alias, path...)
	alias = append(alias, make([]byte, len(path)%2)...)
	alias = append(alias, 0xff, 0xff, 0, 0) // the end
	return grow(source, here, appendBox(nil, "alis", alias))
}

// grow replaces a nested box and corrects the lengths of the boxes around it.
func grow(data, old, new []byte) []byte {
	var out []byte
	for len(data) >= 8 {
		length := int(binary.BigEndian.Uint32(data))
		if length < 8 || length > len(data) {
			return append(out, data...)
		}
		body := data[8:length]
		switch kind := string(data[4:8]); {
		case bytes.Equal(data[:length], old):
			out = append(out, new...)
		case kind == "dref":
			inner := append(slices.Clone(body[:8]), grow(body[8:], old, new)...)
			out = appendBox(out, kind, inner)
		case slices.Contains([]string{"moov", "trak", "mdia", "minf", "dinf"}, kind):
			out = appendBox(out, kind, grow(body, old, new))
		default:
			out = append(out, data[:length]...)
		}
		data = data[length:]
	}
	return append(out, data...)
}

func appendBox(out []byte, kind string, body []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)+8))
	return append(append(out, kind...), body...)
}
