package media

import (
	"context"
	"io"
	"log/slog"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// ErrJobLost reports that another worker holds the job, or that it ended.
var ErrJobLost = errs.New(errs.Conflict, videov1.ReasonJobLost, "")

// Object is the manifest of bytes in the object store.
type Object struct {
	Key         string
	Size        int64
	PartSize    int64
	SHA256      [32]byte
	ContentType string
	Whole       bool // a plain object instead of parts
}

// Ref names one attempt at one video.
type Ref struct {
	VideoID, Attempt int64
}

// Job is one attempt at processing one video.
type Job struct {
	Ref
	Source   Object
	Prefix   string // of the keys of its outputs
	PartSize int64  // of its outputs, which have the layout of the source
	Lease    time.Duration
}

// Extent names the parts that an output may have.
type Extent struct {
	Key   string
	Parts int // at most
}

// Result describes the outputs of a finished job.
type Result struct {
	SourceSHA256 [32]byte
	Play         *Object // nil: players get the source
	Cover        Object
	HLS          *Object // nil: no renditions
	Duration     time.Duration
	Size         Size
}

// Jobs is the queue of the video service. Every method except Claim returns
// ErrJobLost if the attempt no longer holds the job.
type Jobs interface {
	// Claim returns the next job, or nil if none is due.
	Claim(ctx context.Context) (*Job, error)
	// Renew reports the progress in percent and extends the lease. It returns the
	// duration of the lease from now.
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
	// Fetch copies an object to w and returns its SHA-256. If the store reports
	// the object as missing or damaged, the error is a Failure with
	// FailureSourceLost. Any other error is an outage.
	Fetch(ctx context.Context, o Object, w io.Writer) ([32]byte, error)
	// Store writes the bytes of r under the key of o. They must have the size and
	// the checksum of o.
	Store(ctx context.Context, o Object, r io.Reader) error
}

// Transcoder probes and transcodes sources. Files are named relative to a folder,
// and it reads and writes only there. If the source is the cause of an error, the
// error is a Failure.
type Transcoder interface {
	// Probe reads the header of a source whose container is known.
	Probe(ctx context.Context, file File) (Info, error)
	// Make makes the MP4, the tracks and the thumbnails of a plan. It calls done
	// with the duration transcoded so far.
	Make(ctx context.Context, order Order, done func(time.Duration)) (Output, error)
}

// Indexer encodes the index of the renditions.
type Indexer interface {
	Encode(tracks []Track) ([]byte, error)
}

// Ports are the dependencies of the rules. Every field is required.
type Ports struct {
	Jobs       Jobs
	Objects    Objects
	Transcoder Transcoder
	Index      Indexer
	Log        *slog.Logger
}
