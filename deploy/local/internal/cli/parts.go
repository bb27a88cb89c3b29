package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
)

type partArgument struct {
	Part string `arg:"" help:"Such as redis, mysql, s3, user, user-daprd, user-2, user-2-daprd."`
}

type stopCommand struct{ partArgument }

func (c *stopCommand) Run(ctx context.Context, g *Globals) error { return c.act(ctx, g, "stop") }

type startCommand struct{ partArgument }

func (c *startCommand) Run(ctx context.Context, g *Globals) error { return c.act(ctx, g, "start") }

type restartCommand struct{ partArgument }

func (c *restartCommand) Run(ctx context.Context, g *Globals) error { return c.act(ctx, g, "restart") }

func (p partArgument) act(ctx context.Context, g *Globals, action string) error {
	client, dir, err := g.client()
	if err != nil {
		return err
	}
	err = client.Act(ctx, p.Part, action)
	if errors.Is(err, control.ErrUnknown) {
		return misuse("%w: `%s` lists the parts", err, command("status"))
	}
	return explainNotRunning(err, dir)
}

type downCommand struct{}

// pollInterval is how often the state of another starter is checked.
const pollInterval = 50 * time.Millisecond

func (*downCommand) Run(ctx context.Context, g *Globals) error {
	client, dir, err := g.client()
	if err != nil {
		return err
	}
	err = client.Down(ctx)
	if errors.Is(err, control.ErrNotRunning) {
		fmt.Println("no stack is running")
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout+10*time.Second)
	defer cancel()
	for {
		// The starter keeps the lock until it ends.
		release, err := dir.Lock()
		if err == nil {
			fmt.Println("all parts have stopped")
			return release()
		}
		if !errors.Is(err, datadir.ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("the stack does not stop")
		case <-time.After(pollInterval):
		}
	}
}

type cleanCommand struct{}

func (*cleanCommand) Run(_ context.Context, g *Globals) error {
	dir, err := g.dir()
	if err != nil {
		return err
	}
	if !dir.Exists() {
		fmt.Printf("%s holds no data\n", dir.Short())
		return nil
	}
	release, err := dir.Lock()
	if errors.Is(err, datadir.ErrLocked) {
		return misuse("a stack runs on %s: stop it first with `%s`", dir.Short(), command("down"))
	}
	if err != nil {
		return err
	}
	fmt.Printf("%s is deleted\n", dir.Short())
	return errors.Join(dir.Remove(), release())
}
