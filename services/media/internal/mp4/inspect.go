package mp4

import (
	"bytes"
	"io"
)

// Inspection describes a file of the MP4 family.
type Inspection struct {
	FastStart   bool // moov comes before mdat
	QuickTime   bool // a MOV
	HasMetadata bool // may contain the place of recording, or has unknown boxes
}

// Inspect reads the outermost boxes of a file and searches its header for a place.
// HasMetadata is also set if the file cannot be read to its end, so that it is not
// published unchanged.
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
			if header >= 0 { // readers may use either
				look.HasMetadata = true
				return look
			}
			header = i
			moov, err := content(r, b)
			look.HasMetadata = look.HasMetadata || err != nil || hasPlace(moov)
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

// hasPlace searches for the marks with which phones and cameras store a place. A
// match by chance only means that the file is copied without metadata.
func hasPlace(moov []byte) bool {
	for _, mark := range []string{"\xa9xyz", "loci", "location", "uuid", "gps", "GPS", "XMP_", "Exif"} {
		if bytes.Contains(moov, []byte(mark)) {
			return true
		}
	}
	return false
}
