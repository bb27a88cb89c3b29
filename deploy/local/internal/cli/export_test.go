package cli

import (
	"context"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

// Welcome is what `up` does with a stack that has become ready.
func Welcome(ctx context.Context, show *console.Console, s *stack.Stack, dir datadir.Dir) error {
	return session{seed: true, console: show}.welcome(ctx, s, dir)
}
