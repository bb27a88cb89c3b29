package video

import "strconv"

// State is how far a video has come. The numbers are stored in rows.
type State int

// The states of a video. Only a ready one is in the feed and in the works
// counter; its author's own list has all of them.
const (
	StateUploaded   State = 1 // stored, still to be processed
	StateReady      State = 2 // and stays so, also while it is processed again
	StateFailed     State = 3 // could not be processed, see Video.FailureReason
	StateProcessing State = 4 // a worker has it, or had it and died or gave it back
)

// Layout says how the bytes of an object are kept. The numbers are stored in
// rows. All objects of a video have the same.
type Layout int

// The layouts.
const (
	LayoutParts Layout = 0 // numbered parts of one size, the last one shorter
	LayoutWhole Layout = 1 // one plain object of an S3 store
)

// Object is the manifest of bytes kept in the object store. An object is never
// changed once written.
type Object struct {
	Key         string // parts are named Key/000000, Key/000001, ...
	Size        int64  // bytes
	PartSize    int64  // bytes; of a whole object: in which pieces it is read
	SHA256      [32]byte
	ContentType string
	Layout      Layout
}

// Parts is how many parts it has.
func (o Object) Parts() int { return parts(o.Size, o.PartSize, o.Layout) }

// Extent is where it lies.
func (o Object) Extent() Extent { return Extent{Key: o.Key, Parts: o.Parts()} }

// Extent is where an object lies, or is going to lie, in the object store.
type Extent struct {
	Key   string
	Parts int // the numbers 0 to Parts-1 at most; 1 where the layout is whole
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
	ShownAtMs     int64 // when it entered the feed: Unix milliseconds, unique among videos; 0 until ready
	State         State
	FailureReason string // empty unless failed
	FailedAtMs    int64  // Unix milliseconds; 0 unless failed
	Progress      int    // percent, while a worker has it; as it is read, never stored from here
	Source        Object // its bytes are gone once it failed
	Play          *Object
	Cover         *Object // nil: there is none (yet), as with the other two
	HLS           *Object // the index of the renditions
	DurationMs    int64
	Width         int // pixels, as shown
	Height        int
	Version       int64 // of its events: how many there were
	Attempt       int64 // whose result it has; 0: of none
}

// Upload is a place in the object store, lent to an author who is to fill it.
type Upload struct {
	VideoID     int64 // the id the video is going to have
	AuthorID    int64
	ObjectKey   string
	Layout      Layout // whole: the client writes straight into an S3 store
	PartSize    int64  // bytes
	MaxSize     int64  // bytes
	Aborting    bool   // its parts are being removed; nothing else may happen to it
	ExpiresAtMs int64  // Unix milliseconds; from then on it cannot be committed
	DueAtMs     int64  // Unix milliseconds; from then on the sweeper may take it
}

// Parts is how many parts may have been written: the numbers 0 to Parts-1.
func (u Upload) Parts() int { return parts(u.MaxSize, u.PartSize, u.Layout) }

// Extent is where something of it may have been written.
func (u Upload) Extent() Extent { return Extent{Key: u.ObjectKey, Parts: u.Parts()} }

// folder is what the keys of all objects of a video begin with. Nothing in it
// comes from a client.
func folder(videoID int64) string { return "videos/" + strconv.FormatInt(videoID, 10) + "/" }

// sourceKey names what an author uploads.
func sourceKey(videoID int64) string { return folder(videoID) + "source" }

// outputPrefix is what the keys of all objects of an attempt begin with.
func outputPrefix(videoID, attempt int64) string {
	return folder(videoID) + strconv.FormatInt(attempt, 10) + "/"
}
