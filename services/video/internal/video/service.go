package video

import (
	"log/slog"
	"time"
)

// Ports are the dependencies of the service. Every field is required.
type Ports struct {
	Uploads    Uploads
	Videos     Videos
	Lifecycles Lifecycles
	Removals   Removals
	Authors    Authors
	Objects    Objects
	Hot        Hot
	IDs        IDs
	Log        *slog.Logger
}

// Limits bounds authors and workers.
type Limits struct {
	MaxSize        int64         // bytes of one source
	PartSize       int64         // bytes of one part
	DirectPartSize int64         // bytes of one part of a direct upload
	Allowance                    // of each author
	Expiry         time.Duration // from the beginning of an upload to its last moment

	JobLease   time.Duration // a worker that does not renew for longer loses the job
	JobTries   int           // claims without a report that fail the video
	Grace      time.Duration // from the end of a lease to the last write of its worker
	FailedKept time.Duration // from the failure of a video to its deletion
}

// Allowance bounds the work that one author may queue.
type Allowance struct {
	OpenUploads int
	Waiting     int // videos that are neither ready nor failed
}

// Service implements the rules. It is safe for concurrent use.
type Service struct {
	Ports
	limits Limits
}

// New returns a Service.
func New(p Ports, limits Limits) *Service { return &Service{Ports: p, limits: limits} }
