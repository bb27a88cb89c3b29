//go:build e2e

package e2e

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// referringVideo returns an MP4 whose samples are in another file of this machine. A
// program that follows the reference shows that file.
func referringVideo(t *testing.T) []byte {
	t.Helper()
	own := e2etest.Clip(t, "landscape.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
	movie := withReference(t, own, e2etest.OnDisk(t, "secret.mp4", own))
	shown := e2etest.Run(t, "ffmpeg", "-v", "error", "-nostdin", "-enable_drefs", "1", "-use_absolute_path", "1",
		"-i", e2etest.OnDisk(t, "refers.mp4", movie), "-map", "0:v", "-f", "framecrc", "-")
	if n := bytes.Count(shown, []byte("\n0,")); n != 45 {
		t.Fatalf("a program that follows the reference shows %d frames, want 45", n)
	}
	return movie
}

// withReference changes an MP4 so that its samples are in another file (ISO/IEC
// 14496-12, 8.7.2: a data entry without the flag "self-contained"), and clears its own.
// The entry is a QuickTime alias with an absolute path, the only kind that ffmpeg can
// follow. The boxes around the entry grow with it.
func withReference(t *testing.T, movie []byte, path string) []byte {
	t.Helper()
	at := bytes.Index(movie, []byte("mdat"))
	if at < 0 {
		t.Fatal("the clip has no data")
	}
	movie = slices.Clone(movie)
	clear(movie[at+4 : at-4+int(binary.BigEndian.Uint32(movie[at-4:]))])
	alias := make([]byte, 4+10+1+27+12+1+63+16+2+2+16) // flags: another file; no names, no levels
	alias = binary.BigEndian.AppendUint16(append(alias, 0, 2), uint16(len(path)))
	alias = append(alias, path...)
	alias = append(alias, make([]byte, len(path)%2)...)
	alias = append(alias, 0xff, 0xff, 0, 0)
	changed := replaceBox(movie, []byte("\x00\x00\x00\x0curl \x00\x00\x00\x01"), e2etest.Box("alis", alias))
	if len(changed) == len(movie) {
		t.Fatal("the clip has no data entry")
	}
	return changed
}

// replaceBox replaces boxes and corrects the lengths of the boxes around them.
func replaceBox(data, old, replacement []byte) []byte {
	var out []byte
	for len(data) >= 8 {
		length := int(binary.BigEndian.Uint32(data))
		if length < 8 || length > len(data) {
			break
		}
		body := data[8:length]
		switch kind := string(data[4:8]); {
		case bytes.Equal(data[:length], old):
			out = append(out, replacement...)
		case kind == "dref":
			out = append(out, e2etest.Box(kind, slices.Concat(body[:8], replaceBox(body[8:], old, replacement)))...)
		case slices.Contains([]string{"moov", "trak", "mdia", "minf", "dinf"}, kind):
			out = append(out, e2etest.Box(kind, replaceBox(body, old, replacement))...)
		default:
			out = append(out, data[:length]...)
		}
		data = data[length:]
	}
	return append(out, data...)
}
