package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Config is all that the program reads from its environment. The DSN of its
// database is a secret and comes from the secret store.
type Config struct {
	config.Base
	MaxUpload     int64         `env:"MAX_UPLOAD_BYTES" envDefault:"536870912"` // of one video; the gateway reads it too
	PartSize      int64         `env:"UPLOAD_PART_BYTES" envDefault:"2097152"`  // a part and its header pass a sidecar in one message
	UploadExpiry  time.Duration `env:"VIDEO_UPLOAD_EXPIRY" envDefault:"2h"`     // an upload that takes longer is refused and swept
	OpenUploads   int           `env:"VIDEO_OPEN_UPLOADS" envDefault:"10"`      // per author
	SweepInterval time.Duration `env:"VIDEO_SWEEP_INTERVAL" envDefault:"1m"`    // between looks for uploads to remove
	DBConnections int           `env:"VIDEO_DB_CONNECTIONS" envDefault:"32"`    // at most
	StartTimeout  time.Duration `env:"VIDEO_START_TIMEOUT" envDefault:"1m"`     // for sidecar and database to answer
}

// maxPart leaves room for a part's header and the call around it below gRPC's
// default limit of 4 MiB.
const maxPart = 3 << 20

// Validate reports every value that cannot work, each by its variable.
func (c Config) Validate() error {
	faults := []error{c.Base.Validate()}
	if c.AppPort == 0 {
		faults = append(faults, errors.New("APP_PORT: the port for the sidecar is missing"))
	}
	within := func(variable string, value, least, most int64) {
		if value < least || value > most {
			faults = append(faults, fmt.Errorf("%s: %d is not between %d and %d", variable, value, least, most))
		}
	}
	within("MAX_UPLOAD_BYTES", c.MaxUpload, 1, 1<<40)
	within("UPLOAD_PART_BYTES", c.PartSize, 64<<10, maxPart)
	within("VIDEO_OPEN_UPLOADS", int64(c.OpenUploads), 1, 1_000)
	within("VIDEO_DB_CONNECTIONS", int64(c.DBConnections), 1, 10_000)
	positive := func(variable string, value time.Duration) {
		if value <= 0 {
			faults = append(faults, fmt.Errorf("%s: %v is not above 0", variable, value))
		}
	}
	positive("VIDEO_UPLOAD_EXPIRY", c.UploadExpiry)
	positive("VIDEO_SWEEP_INTERVAL", c.SweepInterval)
	positive("VIDEO_START_TIMEOUT", c.StartTimeout)
	return errors.Join(faults...)
}

func (c Config) address() string {
	return net.JoinHostPort(c.ListenHost, strconv.Itoa(c.AppPort))
}

func (c Config) sidecar() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.DaprGRPCPort))
}

func (c Config) limits() video.Limits {
	return video.Limits{MaxSize: c.MaxUpload, PartSize: c.PartSize, OpenUploads: c.OpenUploads, Expiry: c.UploadExpiry}
}
