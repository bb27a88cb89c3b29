package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/douyin-on-dapr/douyin/services/media/internal/ffmpeg"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// Config is read from the environment.
type Config struct {
	program.Config
	S3          s3store.Config // empty without an S3 store
	Workers     int            `env:"MEDIA_WORKERS" envDefault:"2"`                   // jobs at the same time
	Poll        time.Duration  `env:"MEDIA_POLL" envDefault:"3s"`                     // between claims while no event wakes a worker
	TempDir     string         `env:"MEDIA_TEMP_DIR"`                                 // parent of the folders of jobs; empty: the system's
	Sandbox     sandbox.Mode   `env:"MEDIA_SANDBOX" envDefault:"auto"`                // auto, require or off
	Threads     int            `env:"MEDIA_THREADS" envDefault:"1"`                   // of each decoder and encoder
	Memory      uint64         `env:"MEDIA_MEMORY_BYTES" envDefault:"2147483648"`     // of ffmpeg, address space
	MaxOutput   uint64         `env:"MEDIA_MAX_OUTPUT_BYTES" envDefault:"4294967296"` // of all outputs of one video
	MaxDuration time.Duration  `env:"MEDIA_MAX_DURATION" envDefault:"30m"`            // of a video
	JobTimeout  time.Duration  `env:"MEDIA_JOB_TIMEOUT" envDefault:"90m"`             // of one job
	MaxBitrate  int64          `env:"MEDIA_MAX_BITRATE" envDefault:"16000000"`        // bits per second of a source that is published unchanged
	Heights     []int          `env:"MEDIA_HLS_HEIGHTS" envDefault:"720,360"`         // shorter sides of the renditions, descending
}

const (
	maxPixels = 4096 * 2304 // of one frame
	maxSide   = 4096
	minSide   = 16
	leastPace = 2 // a job has at least this many times the duration of its source
)

// Validate reports every invalid value with the name of its variable.
func (c Config) Validate() error {
	faults := []error{c.Config.Validate(), c.S3.Validate()}
	within := func(variable string, value, least, most int64) {
		if value < least || value > most {
			faults = append(faults, fmt.Errorf("%s: %d is not between %d and %d", variable, value, least, most))
		}
	}
	within("MEDIA_WORKERS", int64(c.Workers), 1, 100)
	within("MEDIA_THREADS", int64(c.Threads), 1, 64)
	within("MEDIA_MEMORY_BYTES", int64(c.Memory), 512<<20, 1<<40)
	within("MEDIA_MAX_OUTPUT_BYTES", int64(c.MaxOutput), 1<<20, 1<<40)
	within("MEDIA_MAX_BITRATE", c.MaxBitrate, 100_000, 1_000_000_000)
	positive := func(variable string, value, most time.Duration) {
		if value <= 0 || value > most {
			faults = append(faults, fmt.Errorf("%s: %v is not above 0 and at most %v", variable, value, most))
		}
	}
	positive("MEDIA_POLL", c.Poll, time.Hour)
	positive("MEDIA_MAX_DURATION", c.MaxDuration, time.Hour) // longer renditions have too many objects to reserve
	positive("MEDIA_JOB_TIMEOUT", c.JobTimeout, 24*time.Hour)
	if c.JobTimeout < leastPace*c.MaxDuration {
		faults = append(faults, fmt.Errorf("MEDIA_JOB_TIMEOUT: %v is less than twice MEDIA_MAX_DURATION", c.JobTimeout))
	}
	switch c.Sandbox {
	case sandbox.Auto, sandbox.Require, sandbox.Off:
	default:
		faults = append(faults, fmt.Errorf("MEDIA_SANDBOX: %q is not auto, require or off", c.Sandbox))
	}
	return errors.Join(append(faults, c.checkHeights())...)
}

func (c Config) checkHeights() error {
	if len(c.Heights) < 1 || len(c.Heights) > 4 {
		return fmt.Errorf("MEDIA_HLS_HEIGHTS: %d heights, want 1 to 4", len(c.Heights))
	}
	above := maxSide + 1
	for _, height := range c.Heights {
		if height >= above || height < minSide || height%2 != 0 {
			return fmt.Errorf("MEDIA_HLS_HEIGHTS: %v must be even and descending, at most %d", c.Heights, maxSide)
		}
		above = height
	}
	return nil
}

// folder is the parent of the folders of jobs. Only one program may use it, so
// its name contains the port.
func (c Config) folder() string {
	base := c.TempDir
	if base == "" {
		base = os.TempDir()
	}
	return filepath.Join(base, fmt.Sprintf("douyin-media%s-%d", c.AppIDSuffix, c.AppPort))
}

func (c Config) options() media.Options {
	return media.Options{
		Workers: c.Workers, Poll: c.Poll, Folder: c.folder(),
		Limits: media.Limits{
			MaxDuration: c.MaxDuration, MaxPixels: maxPixels, MaxSide: maxSide, MinSide: minSide,
			MaxBitrate: c.MaxBitrate, Heights: c.Heights, MaxWork: c.JobTimeout,
		},
	}
}

func (c Config) programs() ffmpeg.Options {
	return ffmpeg.Options{Temp: c.TempDir, Threads: c.Threads, Memory: c.Memory, MaxOutput: c.MaxOutput, MaxPixels: maxPixels, MaxWork: c.JobTimeout}
}
