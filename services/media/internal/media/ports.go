package media

import (
	"context"
	"io"
	"log/slog"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// ErrJobLost is the refusal of a job that another worker has, or that ended.
var ErrJobLost = errs.New(errs.Conflict, videov1.ReasonJobLost, "")

// Object is the manifest of bytes in the object store.
type Object struct {
	Key         string
	Size        int64
	PartSize    int64
	SHA256      [32]byte
	ContentType string
	Whole       bool // one plain object and not parts
}

// Ref names one attempt at one video.
type Ref struct {
	VideoID, Attempt int64
}

// Job is one attempt at processing one video.
type Job struct {
	Ref
	Source   Object
	Prefix   string // what the keys of its objects begin with
	PartSize int64  // of what it writes; its layout is that of the source
	Lease    time.Duration
}

// Extent is where an object that is about to be written may end up.
type Extent struct {
	Key   string
	Parts int
}

// Result is what became of a video.
type Result struct {
	SourceSHA256 [32]byte
	Play         *Object // nil: the source is what players get
	Cover        Object
	HLS          *Object // nil: there are no renditions
	Duration     time.Duration
	Size         Size
}

// Jobs is the queue of the video service. Every method but Claim refuses with
// ErrJobLost.
type Jobs interface {
	// Claim is nil when there is nothing to do.
	Claim(ctx context.Context) (*Job, error)
	// Renew says how far the work has come, in percent, and returns the lease
	// that it has from now.
	Renew(ctx context.Context, job Ref, progress int) (time.Duration, error)
	Reserve(ctx context.Context, job Ref, outputs []Extent) error
	Finish(ctx context.Context, job Ref, result Result) error
	Fail(ctx context.Context, job Ref, reason string) error
	// Release returns a job to the queue; suspected is the reason if the video may
	// be the cause, or "".
	Release(ctx context.Context, job Ref, suspected string) error
}

// Objects is the object store.
type Objects interface {
	// Fetch copies an object to w and returns its SHA-256. An object that the
	// store says is missing or damaged is a Failure with SourceLost; any other
	// error is an outage.
	Fetch(ctx context.Context, o Object, w io.Writer) ([32]byte, error)
	// Store writes the bytes of r as the object, which says key, size, checksum
	// and layout.
	Store(ctx context.Context, o Object, r io.Reader) error
}

// Transcoder looks into sources and makes others of them. Files are named
// relative to a folder, outside of which it neither reads nor writes. What it
// cannot do because of the source is a Failure.
type Transcoder interface {
	// Probe tells what a source of a known container is, by its header.
	Probe(ctx context.Context, file File) (Info, error)
	// Make makes the MP4 and the tracks of a plan, and thumbnails, telling how much of
	// the source is done.
	Make(ctx context.Context, order Order, done func(time.Duration)) (Output, error)
}

// Indexer encodes the index of the renditions.
type Indexer interface {
	Encode(tracks []Track) ([]byte, error)
}

// Ports are what the rules need of the world.
type Ports struct {
	Jobs       Jobs
	Objects    Objects
	Transcoder Transcoder
	Index      Indexer
	Log        *slog.Logger
}
