package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
)

// detach starts the same command in a session of its own, shows its output until
// the stack is ready, and leaves it running. Its console goes to the log
// "douyin".
func detach(ctx context.Context, g *Globals) error {
	client, dir, err := g.client()
	if err != nil {
		return err
	}
	if err := createFolder(dir); err != nil {
		return err
	}
	if _, err := client.Status(ctx); err == nil {
		fmt.Printf("a stack runs on %s already\n", dir.Short())
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	path := logs.Path(dir.Logs, "douyin")
	output, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	args := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(arg string) bool { return arg == "--detach" })
	cmd := exec.Command(program, args...) //nolint:gosec,noctx // the starter itself; it outlives this process
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return follow(ctx, cmd, client, path)
}

// follow shows the other process's lines until its stack is ready or it has
// ended.
func follow(ctx context.Context, cmd *exec.Cmd, client *control.Client, path string) error {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	shown := make(chan error, 1)
	go func() { shown <- logs.Follow(watching, path, 0, func(line string) { fmt.Println(line) }) }()
	for {
		select {
		case err := <-ended:
			stop()
			return errors.Join(fmt.Errorf("the stack did not start, see %s: %w", path, err), <-shown)
		case err := <-shown:
			return errors.Join(err, ctx.Err())
		case <-time.After(pollInterval):
		}
		if status, err := client.Status(ctx); err == nil && status.State == control.Ready {
			stop()
			return <-shown
		}
	}
}
