package upload

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// sniffBytes is the length of the inspected head of a file. The header of an EBML
// file, with its document type, fits in it.
const sniffBytes = 512

// sniff detects the content type of a video from its first bytes, because neither
// the name of the file nor the client's content type can be trusted. It returns ""
// for an unsupported format, above all for playlists: they make players and
// converters open other addresses.
func sniff(head []byte) string {
	if len(head) >= 12 && isBox(head) {
		return "video/mp4"
	}
	if bytes.HasPrefix(head, []byte{0x1A, 0x45, 0xDF, 0xA3}) {
		// The element "document type"; the word alone may also name a program.
		if bytes.Contains(head, []byte("\x42\x82\x88matroska")) {
			return "video/x-matroska"
		}
		return "video/webm"
	}
	return ""
}

// isBox recognises the first box of an ISO base media or QuickTime file: a
// length, then a type that such files begin with.
func isBox(head []byte) bool {
	kind := string(head[4:8])
	if !slices.Contains([]string{"ftyp", "moov", "mdat", "wide", "free", "skip"}, kind) {
		return false
	}
	// 0: to the end of the file; 1: the length follows in 64 bits.
	size := binary.BigEndian.Uint32(head)
	return size <= 1 || size >= 8
}
