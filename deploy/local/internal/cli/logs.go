package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
)

type logsCommand struct {
	Part   string `arg:"" optional:"" help:"Only this part's."`
	Follow bool   `short:"f" help:"Go on showing what is added."`
	Lines  int    `short:"n" default:"40" help:"How many lines of each part."`
}

func (c *logsCommand) Run(ctx context.Context, g *Globals) error {
	dir, err := g.dir()
	if err != nil {
		return err
	}
	parts, err := logs.Parts(dir.Logs())
	if err != nil {
		return err
	}
	if c.Part != "" {
		if !slices.Contains(parts, c.Part) {
			return fmt.Errorf("no log of %q in %s; there are: %v", c.Part, dir.Logs(), parts)
		}
		parts = []string{c.Part}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	show := newConsole(os.Stdout)
	following, ctx := errgroup.WithContext(ctx)
	for _, part := range parts {
		path := logs.Path(dir.Logs(), part)
		lines, end, err := logs.Tail(path, c.Lines)
		if err != nil {
			return err
		}
		for _, line := range lines {
			show.Line(part, line)
		}
		if c.Follow {
			following.Go(func() error {
				return logs.Follow(ctx, path, end, func(line string) { show.Line(part, line) })
			})
		}
	}
	return following.Wait()
}
