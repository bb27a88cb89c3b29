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

// A MOV may say that its samples are in another file.
func TestReferenceToAnotherFileIsNotFollowed(t *testing.T) {
	t.Parallel()
	for name, film := range referrers(t) {
		t.Run(name, func(t *testing.T) {
			o := process(t, film, func(s *settings) { s.mode = sandbox.Off })
			o.mustFail(t, videov1.FailureUnreadable, videov1.FailureNoPicture, videov1.FailureCodec)
			if keys := o.objects.Keys(); len(keys) != 1 {
				t.Errorf("objects were written: %v", keys)
			}
		})
	}
}

// The same sources are shown by a program that follows them; a relative
// path needs less of that than an absolute one.
func TestReferencesWorkOnAnUnguardedProgram(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, film := range referrers(t) {
		if err := os.WriteFile(filepath.Join(folder, name), film, 0o600); err != nil {
			t.Fatal(err)
		}
		for absolute, want := range map[string]bool{"1": true, "0": strings.HasPrefix(name, "relative")} {
			cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-nostdin", "-enable_drefs", "1", "-use_absolute_path", absolute,
				"-i", name, "-map", "0:v", "-f", "framecrc", "-")
			cmd.Dir = folder
			out, _ := cmd.Output() // a source that has no samples is an error
			if shown := bytes.Count(out, []byte("\n0,")) == 50; shown != want {
				t.Errorf("%s, use_absolute_path %s: shown is %t, want %t: %s", name, absolute, shown, want, out)
			}
		}
	}
}

// referrers are sources, by the names of their files, whose samples are in another
// one, which is there. No address of a server is among them: ffmpeg follows
// aliases alone, and makes each colon in them a slash.
func referrers(t *testing.T) map[string][]byte {
	t.Helper()
	h264(t, "320x240", 25, 2, "victim.mp4")
	films := map[string][]byte{}
	for _, kind := range []string{"mp4", "mov"} {
		own := clip(t, "-i", clipFile("victim.mp4"), "-c", "copy", "own."+kind)
		path := clipFile("own." + kind)
		films["absolute."+kind] = referring(t, own, path, 0, 0)
		// From 32 folders above on, which is the root, down again by the whole path.
		films["relative."+kind] = referring(t, own, path, 33, uint16(strings.Count(path, "/")))
	}
	return films
}

// referring changes a source so that its samples are in another file, and clears
// its own. Each data reference, which says "here", becomes an alias with a path
// and grows, so that all boxes around it do too. The path is absolute, or, from
// the levels up to a common folder and down to the file on, relative.
func referring(t *testing.T, film []byte, path string, up, down uint16) []byte {
	t.Helper()
	here := []byte("\x00\x00\x00\x0curl \x00\x00\x00\x01")
	if !bytes.Contains(film, here) {
		here = []byte("\x00\x00\x00\x0calis\x00\x00\x00\x01")
	}
	at := bytes.Index(film, []byte("mdat"))
	if !bytes.Contains(film, here) || at < 0 {
		t.Fatal("no data reference or no samples in the film")
	}
	film = slices.Clone(film)
	clear(film[at+4 : at-4+int(binary.BigEndian.Uint32(film[at-4:]))])
	alias := make([]byte, 4+10+1+27+12+1+63+16) // flags: elsewhere; no names
	alias = binary.BigEndian.AppendUint16(alias, up)
	alias = binary.BigEndian.AppendUint16(alias, down)
	alias = append(alias, make([]byte, 16)...)
	alias = binary.BigEndian.AppendUint16(append(alias, 0, 2), uint16(len(path))) // of type 2, a path
	alias = append(alias, path...)
	alias = append(alias, make([]byte, len(path)%2)...)
	alias = append(alias, 0xff, 0xff, 0, 0) // the end
	return grow(film, here, appendBox(nil, "alis", alias))
}

// grow replaces boxes inside others and corrects the lengths of those.
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
