package cli

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
)

type buildCommand struct{}

func (*buildCommand) Run(ctx context.Context, g *Globals) error {
	root, file, err := g.runFile()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	builder := build.Builder{Root: root, Console: console.New(os.Stdout), Run: runCommand}
	if err := builder.Programs(ctx, append(file.Programs(), ports.Proxy)); err != nil {
		return err
	}
	if g.Env == environmentS3 {
		if err := builder.S3(ctx); err != nil {
			return err
		}
	}
	return builder.Sidecar(ctx)
}

// runCommand runs a command until it ends, and kills it when ctx ends.
func runCommand(ctx context.Context, cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	release := context.AfterFunc(ctx, func() {
		// A missing group has ended already.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	})
	defer release()
	return cmd.Wait()
}
