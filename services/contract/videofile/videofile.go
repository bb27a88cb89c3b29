// Package videofile recognises video files by their first bytes. The gateway
// refuses other uploads with it, and media chooses the demuxer with it, so that
// both accept the same files.
package videofile

import (
	"bytes"
	"encoding/binary"
)

// HeadBytes is the length of the inspected head of a file. The header of an EBML
// file, with its document type, fits in it.
const HeadBytes = 512

// The content types of the files that can be processed.
const (
	MP4      = "video/mp4" // and every other ISO base media or QuickTime file
	WebM     = "video/webm"
	Matroska = "video/x-matroska"
)

// ContentType detects the content type of a video from its first HeadBytes bytes
// (all bytes of a shorter file), because neither the name of a file nor the
// client's content type can be trusted. It returns "" for an unsupported format,
// above all for playlists: they make players and converters open other addresses.
func ContentType(head []byte) string {
	if isBox(head) {
		return MP4
	}
	if bytes.HasPrefix(head, []byte{0x1A, 0x45, 0xDF, 0xA3}) {
		// The element "document type"; the word alone may also name a program.
		if bytes.Contains(head, []byte("\x42\x82\x88matroska")) {
			return Matroska
		}
		return WebM
	}
	return ""
}

// minBoxFile is the length of the shortest file that isBox accepts: the header of
// a box and some content.
const minBoxFile = 12

// isBox recognises the first box of an ISO base media or QuickTime file: a
// length, then a type that such files begin with.
func isBox(head []byte) bool {
	if len(head) < minBoxFile {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "moov", "mdat", "wide", "free", "skip", "pnot":
	default:
		return false
	}
	// 0: to the end of the file; 1: the length follows in 64 bits.
	size := binary.BigEndian.Uint32(head)
	return size <= 1 || size >= 8
}
