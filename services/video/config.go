package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Config is all that the program reads from its environment.
type Config struct {
	program.Config
	S3             s3store.Config // where there is such a store beside the binding
	MaxUpload      int64          `env:"MAX_UPLOAD_BYTES" envDefault:"536870912"`       // of one video; the gateway reads it too
	PartSize       int64          `env:"UPLOAD_PART_BYTES" envDefault:"2097152"`        // a part and its header pass a sidecar in one message
	DirectPartSize int64          `env:"UPLOAD_DIRECT_PART_BYTES" envDefault:"8388608"` // a part that a client writes straight into an S3 store
	UploadExpiry   time.Duration  `env:"VIDEO_UPLOAD_EXPIRY" envDefault:"2h"`           // an upload that takes longer is refused and swept
	OpenUploads    int            `env:"VIDEO_OPEN_UPLOADS" envDefault:"10"`            // per author
	Waiting        int            `env:"VIDEO_WAITING" envDefault:"50"`                 // videos of one author that are neither ready nor failed
	SweepInterval  time.Duration  `env:"VIDEO_SWEEP_INTERVAL" envDefault:"15s"`         // between sweeps
	JobLease       time.Duration  `env:"VIDEO_JOB_LEASE" envDefault:"30s"`              // a worker that is silent for longer has lost its job
	JobTries       int            `env:"VIDEO_JOB_TRIES" envDefault:"5"`                // claims without a word until a video has failed
	Grace          time.Duration  `env:"VIDEO_REMOVAL_GRACE" envDefault:"2m"`           // after a lease, before what was written under it is removed
	FailedKept     time.Duration  `env:"VIDEO_FAILED_KEPT" envDefault:"72h"`            // a failed video, for its author to see
}

// maxPart leaves room for a part's header and the call around it below gRPC's
// default limit of 4 MiB.
const maxPart = 3 << 20

// What S3 asks of the parts of an upload, the last one's size aside.
const (
	leastDirectPart = 5 << 20
	maxDirectParts  = 10_000
)

// Validate reports every value that cannot work, each by its variable.
func (c Config) Validate() error {
	faults := []error{c.Config.Validate(), c.S3.Validate()}
	within := func(variable string, value, least, most int64) {
		if value < least || value > most {
			faults = append(faults, fmt.Errorf("%s: %d is not between %d and %d", variable, value, least, most))
		}
	}
	within("MAX_UPLOAD_BYTES", c.MaxUpload, 1, 1<<40)
	within("UPLOAD_PART_BYTES", c.PartSize, 64<<10, maxPart)
	within("UPLOAD_DIRECT_PART_BYTES", c.DirectPartSize, leastDirectPart, 1<<30)
	if c.DirectPartSize > 0 && (c.MaxUpload-1)/c.DirectPartSize >= maxDirectParts {
		faults = append(faults, fmt.Errorf("UPLOAD_DIRECT_PART_BYTES: %d makes more than %d parts of MAX_UPLOAD_BYTES", c.DirectPartSize, maxDirectParts))
	}
	within("VIDEO_JOB_TRIES", int64(c.JobTries), 1, 100)
	within("VIDEO_OPEN_UPLOADS", int64(c.OpenUploads), 1, 1_000)
	within("VIDEO_WAITING", int64(c.Waiting), 1, 100_000)
	positive := func(variable string, value time.Duration) {
		if value <= 0 {
			faults = append(faults, fmt.Errorf("%s: %v is not above 0", variable, value))
		}
	}
	positive("VIDEO_UPLOAD_EXPIRY", c.UploadExpiry)
	positive("VIDEO_SWEEP_INTERVAL", c.SweepInterval)
	positive("VIDEO_JOB_LEASE", c.JobLease)
	positive("VIDEO_REMOVAL_GRACE", c.Grace)
	positive("VIDEO_FAILED_KEPT", c.FailedKept)
	return errors.Join(faults...)
}

func (c Config) limits() video.Limits {
	return video.Limits{
		MaxSize: c.MaxUpload, PartSize: c.PartSize, DirectPartSize: c.DirectPartSize,
		Allowance: video.Allowance{OpenUploads: c.OpenUploads, Waiting: c.Waiting}, Expiry: c.UploadExpiry,
		JobLease: c.JobLease, JobTries: c.JobTries, Grace: c.Grace, FailedKept: c.FailedKept,
	}
}
