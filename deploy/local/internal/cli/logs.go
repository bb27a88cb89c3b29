package cli

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
)

type logsCommand struct {
	Part   string `arg:"" optional:"" help:"Show only this part."`
	Follow bool   `short:"f" help:"Continue with new lines until Ctrl-C."`
	Lines  int    `short:"n" default:"40" help:"Number of past lines of each part."`
	JSON   bool   `help:"Print each line as a JSON object."`
}

func (c *logsCommand) Run(ctx context.Context, g *Globals) error {
	dir, err := g.dir()
	if err != nil {
		return err
	}
	parts, err := logs.Parts(dir.Logs)
	if err != nil {
		return err
	}
	if c.Part != "" {
		if !slices.Contains(parts, c.Part) {
			return misuse("no log of %q in %s: choose one of %s", c.Part, dir.Logs, strings.Join(parts, ", "))
		}
		parts = []string{c.Part}
	}
	show := c.printer()
	following, ctx := errgroup.WithContext(ctx)
	var past []logs.Entry
	ends := make([]int64, len(parts))
	for i, part := range parts {
		lines, end, err := logs.Tail(logs.Path(dir.Logs, part), c.Lines)
		if err != nil {
			return err
		}
		past = append(past, logs.ParseAll(part, lines)...)
		ends[i] = end
	}
	for _, entry := range logs.Merge(past) {
		show(entry)
	}
	if !c.Follow {
		return nil
	}
	for i, part := range parts {
		following.Go(func() error {
			return logs.Follow(ctx, logs.Path(dir.Logs, part), ends[i], func(line string) { show(logs.Parse(part, line)) })
		})
	}
	return following.Wait()
}

func (c *logsCommand) printer() func(logs.Entry) {
	show := console.New(os.Stdout)
	if !c.JSON {
		return func(e logs.Entry) { show.Line(e.Part, e.String()) }
	}
	return func(e logs.Entry) {
		// An entry consists of text and valid JSON.
		raw, _ := json.Marshal(e)
		show.Printf("%s", raw)
	}
}
