package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Config is all that the program reads from its environment.
type Config struct {
	program.Config
	MaxUpload     int64         `env:"MAX_UPLOAD_BYTES" envDefault:"536870912"` // of one video; the gateway reads it too
	PartSize      int64         `env:"UPLOAD_PART_BYTES" envDefault:"2097152"`  // a part and its header pass a sidecar in one message
	UploadExpiry  time.Duration `env:"VIDEO_UPLOAD_EXPIRY" envDefault:"2h"`     // an upload that takes longer is refused and swept
	OpenUploads   int           `env:"VIDEO_OPEN_UPLOADS" envDefault:"10"`      // per author
	SweepInterval time.Duration `env:"VIDEO_SWEEP_INTERVAL" envDefault:"1m"`    // between looks for uploads to remove
}

// maxPart leaves room for a part's header and the call around it below gRPC's
// default limit of 4 MiB.
const maxPart = 3 << 20

// Validate reports every value that cannot work, each by its variable.
func (c Config) Validate() error {
	faults := []error{c.Config.Validate()}
	within := func(variable string, value, least, most int64) {
		if value < least || value > most {
			faults = append(faults, fmt.Errorf("%s: %d is not between %d and %d", variable, value, least, most))
		}
	}
	within("MAX_UPLOAD_BYTES", c.MaxUpload, 1, 1<<40)
	within("UPLOAD_PART_BYTES", c.PartSize, 64<<10, maxPart)
	within("VIDEO_OPEN_UPLOADS", int64(c.OpenUploads), 1, 1_000)
	positive := func(variable string, value time.Duration) {
		if value <= 0 {
			faults = append(faults, fmt.Errorf("%s: %v is not above 0", variable, value))
		}
	}
	positive("VIDEO_UPLOAD_EXPIRY", c.UploadExpiry)
	positive("VIDEO_SWEEP_INTERVAL", c.SweepInterval)
	return errors.Join(faults...)
}

func (c Config) limits() video.Limits {
	return video.Limits{MaxSize: c.MaxUpload, PartSize: c.PartSize, OpenUploads: c.OpenUploads, Expiry: c.UploadExpiry}
}
