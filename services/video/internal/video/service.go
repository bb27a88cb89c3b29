package video

import (
	"log/slog"
	"time"
)

// Ports is all that the service needs; every field is required.
type Ports struct {
	Uploads    Uploads
	Videos     Videos
	Lifecycles Lifecycles
	Removals   Removals
	Authors    Authors
	Objects    Objects
	Hot        Hot
	IDs        IDs
	Clock      func() time.Time
	Log        *slog.Logger
}

// Limits bounds what an author may do, and what a worker.
type Limits struct {
	MaxSize        int64         // bytes of one video
	PartSize       int64         // bytes of one part
	DirectPartSize int64         // bytes of one part that a client writes straight into an S3 store
	Allowance                    // of each author
	Expiry         time.Duration // from the beginning of an upload to its last moment

	JobLease   time.Duration // a worker that is silent for longer has lost its job
	JobTries   int           // claims that may end without a word
	Grace      time.Duration // from the end of a lease to the moment when nothing is written under it any more
	FailedKept time.Duration // from the failure of a video to its removal
}

// Allowance is what one author may keep others waiting with.
type Allowance struct {
	OpenUploads int
	Waiting     int // videos that are neither ready nor failed
}

// Service knows the rules. It is safe for concurrent use.
type Service struct {
	Ports
	limits Limits
}

// New makes the service.
func New(p Ports, limits Limits) *Service { return &Service{Ports: p, limits: limits} }

func (s *Service) nowMs() int64 { return s.Clock().UnixMilli() }
