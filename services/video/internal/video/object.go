package video

import "strings"

// The pieces in which a whole object may be read: small enough for a message.
const (
	leastPiece = 64 << 10
	mostPiece  = 3 << 20
)

// checkObject refuses a manifest that no upload could have asked for.
func checkObject(o Object) error {
	switch {
	case o.Size == 0:
		return ErrVideoEmpty
	case o.Size < 0, o.PartSize <= 0, o.Key == "", !hasType(o, "video"):
		return ErrObjectInvalid
	}
	return nil
}

// accept refuses a manifest that is not the one this upload asked for.
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

// sameSource tells whether a repeated commit means the object that the first one
// brought. The checksum of a whole one is a stand-in until it was processed, and
// its pieces may be chosen anew each time.
func sameSource(stored, o Object) bool {
	if o.Layout == LayoutWhole {
		o.SHA256, o.PartSize = stored.SHA256, stored.PartSize
	}
	return stored == o
}

// hasType reports whether bytes may be served under the object's content type:
// one of a kind, as "video", so that no upload is ever shown as a page, and made
// only of characters that are safe in a header.
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
