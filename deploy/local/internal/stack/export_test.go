package stack

import (
	"context"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// Programs is what the supervisor would be given to start.
func (s *Stack) Programs() []supervise.Spec { return s.programs() }

// StartS3 is the part of Up that is the S3 server's.
func (s *Stack) StartS3(ctx context.Context) error { return s.startS3(ctx) }
