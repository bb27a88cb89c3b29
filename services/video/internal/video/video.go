package video

import (
	"strconv"
	"strings"
)

// State is how far a video has come. The numbers are stored in rows.
type State int

// The states of a video. Only a ready one is in the feed; the author's own list
// and the works counter have all of them.
const (
	StateUploaded State = 1 // stored, still to be processed
	StateReady    State = 2
	StateFailed   State = 3 // could not be processed, see Video.FailureReason
)

// Object is the manifest of bytes kept in the object store as numbered parts of
// one size, the last one shorter. An object is never changed once written.
type Object struct {
	Key         string // parts are named Key/000000, Key/000001, ...
	Size        int64  // bytes
	PartSize    int64  // bytes
	SHA256      [32]byte
	ContentType string
}

// Video is one published video.
type Video struct {
	ID            int64
	AuthorID      int64
	Title         string
	PublishedAtMs int64 // Unix milliseconds, unique among videos
	State         State
	FailureReason string
	Source        Object
	Cover         *Object // nil: there is none (yet)
}

// Upload is a place in the object store, lent to an author who is to fill it.
type Upload struct {
	VideoID     int64 // the id the video is going to have
	AuthorID    int64
	ObjectKey   string
	PartSize    int64 // bytes
	MaxSize     int64 // bytes
	Aborting    bool  // its parts are being removed; nothing else may happen to it
	ExpiresAtMs int64 // Unix milliseconds; from then on it cannot be committed
	DueAtMs     int64 // Unix milliseconds; from then on the sweeper may take it
}

// Parts is how many parts may have been written: the numbers 0 to Parts-1.
func (u Upload) Parts() int {
	return int((u.MaxSize + u.PartSize - 1) / u.PartSize)
}

// objectKey names the object of a video. Nothing in it comes from a client.
func objectKey(videoID int64) string {
	return "videos/" + strconv.FormatInt(videoID, 10) + "/source"
}

// checkObject refuses a manifest that no upload could have asked for.
func checkObject(o Object) error {
	switch {
	case o.Size == 0:
		return ErrVideoEmpty
	case o.Size < 0, o.PartSize <= 0, o.Key == "", !videoType(o.ContentType):
		return ErrObjectInvalid
	}
	return nil
}

// accept refuses a manifest that is not the one this upload asked for.
func (u Upload) accept(o Object) error {
	switch {
	case o.Key != u.ObjectKey, o.PartSize != u.PartSize:
		return ErrObjectInvalid
	case o.Size > u.MaxSize:
		return ErrVideoTooLarge
	}
	return nil
}

// videoType reports whether bytes may be served under this content type: a
// video one, so that no upload is ever shown as a page, and made only of
// characters that are safe in a header.
func videoType(contentType string) bool {
	subtype, ok := strings.CutPrefix(contentType, "video/")
	if !ok || subtype == "" || len(contentType) > 64 {
		return false
	}
	return strings.IndexFunc(subtype, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)
	}) < 0
}
