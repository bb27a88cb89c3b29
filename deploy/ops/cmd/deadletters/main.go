// Command deadletters lists, shows, replays and discards the events that the
// services could not process.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/letters"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/target"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
)

type commands struct {
	target.Secrets

	List    listCommand    `cmd:"" help:"List dead letters."`
	Show    showCommand    `cmd:"" help:"Show dead letters with their payloads."`
	Replay  replayCommand  `cmd:"" help:"Process dead letters again, in the service that could not process them."`
	Discard discardCommand `cmd:"" help:"Delete dead letters for good."`
}

func main() {
	os.Exit(tool.Main("dead-letters", "Lists, shows, replays and discards events that a service could not process.",
		os.Args[1:], &commands{}, os.Stderr))
}

// open connects to the services of the filter.
func open(ctx context.Context, secrets target.Secrets, f *letters.Filter, do func(letters.Services) error) (err error) {
	values, err := secrets.Read()
	if err != nil {
		return err
	}
	services, err := letters.Open(ctx, target.DSNs(values), f.App)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, services.Close()) }()
	return do(services)
}

type listCommand struct {
	letters.Filter
	JSON bool `help:"Print JSON."`
}

// Run lists.
func (c *listCommand) Run(ctx context.Context, all *commands) error {
	return open(ctx, all.Secrets, &c.Filter, func(s letters.Services) error { return s.List(ctx, &c.Filter, c.JSON, os.Stdout) })
}

type showCommand struct {
	letters.Filter
	JSON bool `help:"Print JSON."`
}

// Run shows.
func (c *showCommand) Run(ctx context.Context, all *commands) error {
	return open(ctx, all.Secrets, &c.Filter, func(s letters.Services) error { return s.Show(ctx, &c.Filter, c.JSON, os.Stdout) })
}

type replayCommand struct {
	letters.Filter
	letters.ReplayOptions
}

// Validate refuses a wrong call before any database is opened.
func (c *replayCommand) Validate() error { return c.Check(&c.Filter) }

// Run replays.
func (c *replayCommand) Run(ctx context.Context, all *commands) error {
	return open(ctx, all.Secrets, &c.Filter, func(s letters.Services) error { return s.RequestReplay(ctx, &c.Filter, c.ReplayOptions, os.Stdout) })
}

type discardCommand struct {
	letters.Filter
	letters.DiscardOptions
}

// Validate refuses a wrong call before any database is opened.
func (c *discardCommand) Validate() error { return c.Check(&c.Filter) }

// Run discards.
func (c *discardCommand) Run(ctx context.Context, all *commands) error {
	return open(ctx, all.Secrets, &c.Filter, func(s letters.Services) error { return s.Discard(ctx, &c.Filter, c.DiscardOptions, os.Stdout) })
}
