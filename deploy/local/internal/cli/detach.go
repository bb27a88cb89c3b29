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

// detach starts this program again, away from the terminal, shows what it says
// until the stack is ready, and leaves it.
func detach(ctx context.Context, g *Globals, name string) error {
	dir, err := g.dir()
	if err != nil {
		return err
	}
	if err := dir.Create(); err != nil {
		return err
	}
	client := control.NewClient(dir.Socket("control"))
	if _, err := client.Status(ctx); err == nil {
		fmt.Printf("a stack runs on %s already\n", dir.Short())
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	path := logs.Path(dir.Logs(), "douyin")
	output, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	args := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(arg string) bool { return arg == "--detach" })
	if name == "up" {
		args = append(args, "--quiet")
	}
	cmd := exec.Command(program, args...) //nolint:gosec,noctx // itself, and it is to outlive this process
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return follow(ctx, cmd, client, path)
}

// follow shows the other process's lines until it is ready or has ended.
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
		case <-time.After(downPause):
		}
		if status, err := client.Status(ctx); err == nil && status.State == control.Ready {
			stop()
			return <-shown
		}
	}
}
