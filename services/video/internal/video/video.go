package video

import "strconv"

// State is the state of the lifecycle of a video. The numbers are stored in rows.
type State int

// The states of a video. Only ready videos are in the feed and in the works counter.
// The list for the author has videos in every state.
const (
	StateUploaded   State = 1 // waits to be processed
	StateReady      State = 2 // also while it is processed again
	StateFailed     State = 3 // see Video.FailureReason
	StateProcessing State = 4 // was claimed at least once
)

// Layout is the form in which the bytes of an object are stored. The numbers are
// stored in rows. All objects of a video have the same layout.
type Layout int

// The layouts.
const (
	LayoutParts Layout = 0 // numbered parts of one size; the last one may be shorter
	LayoutWhole Layout = 1 // one plain object of an S3 store
)

// Object is the manifest of an object in the object store. Objects never change.
type Object struct {
	Key         string // parts are named Key/000000, Key/000001, ...
	Size        int64  // bytes
	PartSize    int64  // bytes; of a whole object the size of the pieces in which it is read
	SHA256      [32]byte
	ContentType string
	Layout      Layout
}

// Parts is the number of parts.
func (o Object) Parts() int { return parts(o.Size, o.PartSize, o.Layout) }

// Extent names the parts of the object.
func (o Object) Extent() Extent { return Extent{Key: o.Key, Parts: o.Parts()} }

// Extent names the parts that an object has, or may have.
type Extent struct {
	Key   string
	Parts int // at most, numbered from 0; 1 for a whole object
}

func parts(size, partSize int64, layout Layout) int {
	if layout == LayoutWhole {
		return 1
	}
	return int((size + partSize - 1) / partSize)
}

// Video is one published video.
type Video struct {
	ID            int64
	AuthorID      int64
	Title         string
	PublishedAtMs int64 // Unix milliseconds, unique among videos
	ShownAtMs     int64 // time it entered the feed: Unix milliseconds, unique among videos; 0 until ready
	State         State
	FailureReason string // empty unless failed
	FailedAtMs    int64  // Unix milliseconds; 0 unless failed
	Progress      int    // percent while processing; only read, never stored from here
	Source        Object // removed if the video failed
	Play          *Object
	Cover         *Object // nil: none, or not yet; likewise Play and HLS
	HLS           *Object // the index of the renditions
	DurationMs    int64
	Width         int // pixels, as shown
	Height        int
	Version       int64 // number of its events so far
	Attempt       int64 // that made the result; 0: none
}

// Upload is a key in the object store, reserved for an author.
type Upload struct {
	VideoID     int64 // id of the future video
	AuthorID    int64
	ObjectKey   string
	Layout      Layout // whole for a direct upload
	PartSize    int64  // bytes
	MaxSize     int64  // bytes
	Aborting    bool   // its parts are being removed; it cannot be committed
	ExpiresAtMs int64  // Unix milliseconds; from then on it cannot be committed
	DueAtMs     int64  // Unix milliseconds; from then on the sweeper may take it
}

// Parts is the number of parts that may have been written.
func (u Upload) Parts() int { return parts(u.MaxSize, u.PartSize, u.Layout) }

// Extent names the parts that may have been written.
func (u Upload) Extent() Extent { return Extent{Key: u.ObjectKey, Parts: u.Parts()} }

// folder is the prefix of the keys of all objects of a video. No part of a key comes
// from a client.
func folder(videoID int64) string { return "videos/" + strconv.FormatInt(videoID, 10) + "/" }

// sourceKey is the key of the source.
func sourceKey(videoID int64) string { return folder(videoID) + "source" }

// outputPrefix is the prefix of the keys of all objects of an attempt.
func outputPrefix(videoID, attempt int64) string {
	return folder(videoID) + strconv.FormatInt(attempt, 10) + "/"
}
