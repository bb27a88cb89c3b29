package mp4

import (
	"bytes"
	"io"
)

// Inspection is what a file of the MP4 family is like.
type Inspection struct {
	FastStart   bool // moov comes before mdat
	QuickTime   bool // a MOV and no MP4
	HasMetadata bool // there may be a place where it was recorded, or boxes that nobody knows
}

// Inspect tells what the outermost boxes of a file are, and whether its header
// holds a place. A file that cannot be read to the end is said to be HasMetadata, as
// one that must not be served as it is.
func Inspect(r io.ReaderAt, size int64) Inspection {
	all, err := top(r, size)
	look := Inspection{QuickTime: true, HasMetadata: err != nil}
	header, data := -1, -1
	for i, b := range all {
		switch b.kind {
		case "ftyp":
			if brand := make([]byte, 4); b.size >= 4 {
				if _, err := r.ReadAt(brand, b.offset); err == nil {
					look.QuickTime = string(brand) == "qt  "
				}
			}
		case "moov":
			if header >= 0 { // whoever reads the file may take either
				look.HasMetadata = true
				return look
			}
			header = i
			moov, err := content(r, b)
			look.HasMetadata = look.HasMetadata || err != nil || tells(moov)
		case "mdat":
			if data < 0 {
				data = i
			}
		case "free", "skip", "wide":
		default: // uuid with XMP, meta, fragments, ...
			look.HasMetadata = true
		}
	}
	look.FastStart = header >= 0 && data > header
	return look
}

// tells looks for the ways in which phones and cameras write a place. Bytes that
// look like one by chance cost a copy of the file.
func tells(moov []byte) bool {
	for _, mark := range []string{"\xa9xyz", "loci", "location", "uuid", "gps", "GPS", "XMP_", "Exif"} {
		if bytes.Contains(moov, []byte(mark)) {
			return true
		}
	}
	return false
}
