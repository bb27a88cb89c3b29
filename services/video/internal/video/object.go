package video

import "strings"

// Bounds of the size of the pieces in which a whole object is read. A piece fits
// into a message.
const (
	leastPiece = 64 << 10
	mostPiece  = 3 << 20
)

// checkObject refuses a manifest that is invalid for every upload.
func checkObject(o Object) error {
	switch {
	case o.Size == 0:
		return ErrVideoEmpty
	case o.Size < 0, o.PartSize <= 0, o.Key == "", !hasType(o, "video"):
		return ErrObjectInvalid
	}
	return nil
}

// accept refuses a manifest that does not fit the upload.
func (u Upload) accept(o Object) error {
	switch {
	case o.Key != u.ObjectKey, o.Layout != u.Layout:
		return ErrObjectInvalid
	case o.Layout == LayoutParts && o.PartSize != u.PartSize:
		return ErrObjectInvalid
	case o.Layout == LayoutWhole && (o.PartSize < leastPiece || o.PartSize > mostPiece):
		return ErrObjectInvalid
	case o.Size > u.MaxSize:
		return ErrVideoTooLarge
	}
	return nil
}

// sameSource reports whether a repeated commit has the object of the first one. A
// whole object has a provisional checksum until it was processed, and the size of
// its pieces may differ in each commit.
func sameSource(stored, o Object) bool {
	if o.Layout == LayoutWhole {
		o.SHA256, o.PartSize = stored.SHA256, stored.PartSize
	}
	return stored == o
}

// hasType reports whether the content type of an object is of a kind, such as
// "video", and has only characters that are safe in a header. So an upload is never
// served as a web page.
func hasType(o Object, kind string) bool {
	subtype, ok := strings.CutPrefix(o.ContentType, kind+"/")
	if !ok || subtype == "" || len(o.ContentType) > 64 {
		return false
	}
	return strings.IndexFunc(subtype, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)
	}) < 0
}
