package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Config is read from the environment.
type Config struct {
	program.Config
	S3             s3store.Config // empty without an S3 store
	MaxUpload      int64          `env:"MAX_UPLOAD_BYTES" envDefault:"536870912"`       // of one source; the gateway reads it too
	PartSize       int64          `env:"UPLOAD_PART_BYTES" envDefault:"2097152"`        // of one part
	DirectPartSize int64          `env:"UPLOAD_DIRECT_PART_BYTES" envDefault:"8388608"` // of one part of a direct upload
	UploadExpiry   time.Duration  `env:"VIDEO_UPLOAD_EXPIRY" envDefault:"2h"`           // from the beginning of an upload to its last moment
	OpenUploads    int            `env:"VIDEO_OPEN_UPLOADS" envDefault:"10"`            // per author
	Waiting        int            `env:"VIDEO_WAITING" envDefault:"50"`                 // videos of one author that are neither ready nor failed
	SweepInterval  time.Duration  `env:"VIDEO_SWEEP_INTERVAL" envDefault:"15s"`         // between sweeps
	JobLease       time.Duration  `env:"VIDEO_JOB_LEASE" envDefault:"30s"`              // a worker that does not renew for longer loses the job
	JobTries       int            `env:"VIDEO_JOB_TRIES" envDefault:"5"`                // claims without a report that fail the video
	Grace          time.Duration  `env:"VIDEO_REMOVAL_GRACE" envDefault:"2m"`           // from the end of a lease to the removal of its outputs
	FailedKept     time.Duration  `env:"VIDEO_FAILED_KEPT" envDefault:"72h"`            // from the failure of a video to its deletion
}

// maxPart leaves room for the header of a part and for the call below the limit of
// 4 MiB of a gRPC message.
const maxPart = 3 << 20

// The limits of S3 for multipart uploads. The last part may be smaller.
const (
	leastDirectPart = 5 << 20
	maxDirectParts  = 10_000
)

// Validate reports every invalid value with the name of its variable.
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
		faults = append(faults, fmt.Errorf("UPLOAD_DIRECT_PART_BYTES: MAX_UPLOAD_BYTES has more than %[2]d parts of %[1]d bytes", c.DirectPartSize, maxDirectParts))
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
