//go:build e2e

package e2e

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// referrer is an MP4 whose samples are in another file of this machine. A program
// that is told to follow it shows that one.
func referrer(t *testing.T) []byte {
	t.Helper()
	own := clip(t, "lying.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
	film := referring(t, own, onDisk(t, "secret.mp4", own))
	shown := run(t, "ffmpeg", "-v", "error", "-nostdin", "-enable_drefs", "1", "-use_absolute_path", "1",
		"-i", onDisk(t, "refers.mp4", film), "-map", "0:v", "-f", "framecrc", "-")
	if n := bytes.Count(shown, []byte("\n0,")); n != 45 {
		t.Fatalf("a program that follows it shows %d frames of 45", n)
	}
	return film
}

// referring changes an MP4 so that its samples are in another file (ISO/IEC
// 14496-12, 8.7.2: a data entry without the flag "self-contained"), and clears
// its own. The entry is an alias of QuickTime with an absolute path, which is
// the only kind that ffmpeg can follow; it grows, and all boxes around it do.
func referring(t *testing.T, film []byte, path string) []byte {
	t.Helper()
	at := bytes.Index(film, []byte("mdat"))
	if at < 0 {
		t.Fatal("the clip has no data")
	}
	film = slices.Clone(film)
	clear(film[at+4 : at-4+int(binary.BigEndian.Uint32(film[at-4:]))])
	alias := make([]byte, 4+10+1+27+12+1+63+16+2+2+16) // flags: elsewhere; no names, no levels
	alias = binary.BigEndian.AppendUint16(append(alias, 0, 2), uint16(len(path)))
	alias = append(alias, path...)
	alias = append(alias, make([]byte, len(path)%2)...)
	alias = append(alias, 0xff, 0xff, 0, 0)
	foreign := grow(film, []byte("\x00\x00\x00\x0curl \x00\x00\x00\x01"), box("alis", alias))
	if len(foreign) == len(film) {
		t.Fatal("the clip names no place of its data")
	}
	return foreign
}

// grow replaces boxes inside others and corrects the lengths of those.
func grow(data, old, replacement []byte) []byte {
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
			out = append(out, box(kind, slices.Concat(body[:8], grow(body[8:], old, replacement)))...)
		case slices.Contains([]string{"moov", "trak", "mdia", "minf", "dinf"}, kind):
			out = append(out, box(kind, grow(body, old, replacement))...)
		default:
			out = append(out, data[:length]...)
		}
		data = data[length:]
	}
	return append(out, data...)
}

func box(kind string, body []byte) []byte {
	return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), []byte(kind), body)
}
