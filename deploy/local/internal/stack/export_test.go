package stack

import (
	"context"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// Programs are the specs of sidecars and programs.
func (s *Stack) Programs() []supervise.Spec { return s.programs() }

// StartS3 is the step of Up that builds and starts the S3 server.
func (s *Stack) StartS3(ctx context.Context) error { return s.startS3(ctx) }
