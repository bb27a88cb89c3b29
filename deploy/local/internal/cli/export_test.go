package cli

import (
	"context"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

// Welcome is the step of `up` after a stack has become ready.
func Welcome(ctx context.Context, b build.Builder, s *stack.Stack, dir datadir.Dir) error {
	return welcome(ctx, b, s, dir, true)
}
