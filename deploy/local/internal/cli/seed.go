package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/seed"
)

type seedCommand struct{}

func (*seedCommand) Run(ctx context.Context, g *Globals) error {
	client, dir, err := g.client()
	if err != nil {
		return err
	}
	status, err := client.Status(ctx)
	if errors.Is(err, control.ErrNotRunning) {
		return notRunning(dir)
	}
	if err != nil {
		return err
	}
	record, err := dir.ReadRecord()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := seed.Demo(ctx, newConsole(os.Stdout), runCommand, record.LocalURL, dir.Root()); err != nil {
		return err
	}
	account := seed.DemoAccount()
	fmt.Printf("%s: log in as %s, password %s\n", status.BaseURL, account.Name, account.Password)
	return dir.MarkSeeded()
}
