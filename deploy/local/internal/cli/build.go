package cli

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
)

type buildCommand struct{}

func (*buildCommand) Run(ctx context.Context, g *Globals) error {
	root, err := g.root()
	if err != nil {
		return err
	}
	file, err := runfile.Read(runFilePath(root))
	if err != nil {
		return err
	}
	var names []string
	for _, app := range file.Apps {
		names = append(names, filepath.Base(app.Command[0]))
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	builder := build.Builder{Root: root, Console: newConsole(os.Stdout), Run: runCommand}
	if err := builder.Programs(ctx, names); err != nil {
		return err
	}
	if g.Env == environmentS3 {
		if err := builder.S3(ctx); err != nil {
			return err
		}
	}
	return builder.Sidecar(ctx)
}

// runCommand runs a command until it ends, or kills it when ctx does.
func runCommand(ctx context.Context, cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	release := context.AfterFunc(ctx, func() {
		// A group that has ended already is what is wanted.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	})
	defer release()
	return cmd.Wait()
}
