package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
)

// partCommand is stop, start or restart; its name is the action.
type partCommand struct {
	Part string `arg:"" help:"Such as redis, mysql, s3, user, user-daprd, user-2, user-2-daprd."`
}

func (c *partCommand) Run(ctx context.Context, g *Globals, parsed *kong.Context) error {
	client, dir, err := g.client()
	if err != nil {
		return err
	}
	err = client.Act(ctx, c.Part, parsed.Selected().Name)
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
