package httpapi

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// sniffBytes is how much of a file is looked at: the head of an EBML file, with
// its document type, fits in it.
const sniffBytes = 512

// sniff tells the container of a video from its first bytes, because neither
// the file's name nor the client's word for it can be trusted. "" is a format
// that is refused, playlists above all: they make players and converters open
// other addresses.
func sniff(head []byte) string {
	if len(head) >= 12 && isBox(head) {
		return "video/mp4"
	}
	if bytes.HasPrefix(head, []byte{0x1A, 0x45, 0xDF, 0xA3}) {
		// The element "document type"; the bare word may also name a program.
		if bytes.Contains(head, []byte("\x42\x82\x88matroska")) {
			return "video/x-matroska"
		}
		return "video/webm"
	}
	return ""
}

// isBox recognises the first box of an ISO base media or QuickTime file: a
// length, then one of the types with which such files begin.
func isBox(head []byte) bool {
	kind := string(head[4:8])
	if !slices.Contains([]string{"ftyp", "moov", "mdat", "wide", "free", "skip"}, kind) {
		return false
	}
	// 0: to the end of the file; 1: the length follows in 64 bits.
	size := binary.BigEndian.Uint32(head)
	return size <= 1 || size >= 8
}
