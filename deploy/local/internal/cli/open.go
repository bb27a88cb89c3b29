package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

// opened is a stack that is prepared but not started.
type opened struct {
	stack *stack.Stack
	dir   datadir.Dir
	undo  []func() error
}

// release gives up lock, ports and socket, once the stack is closed.
func (o *opened) release() error {
	var errs []error
	for _, undo := range slices.Backward(o.undo) {
		errs = append(errs, undo())
	}
	o.undo = nil
	return errors.Join(errs...)
}

// open prepares a stack: data folder, lock, ports and control socket. The
// command sets mode, console and what to build in o; the rest comes from the
// flags.
func open(ctx context.Context, g *Globals, o stack.Options) (*opened, error) {
	dir, err := g.dir()
	if err != nil {
		return nil, err
	}
	opened := &opened{dir: dir}
	if err := opened.prepare(ctx, g, o); err != nil {
		return nil, errors.Join(err, opened.release())
	}
	return opened, nil
}

func (o *opened) prepare(ctx context.Context, g *Globals, options stack.Options) error {
	dir := o.dir
	if err := createFolder(dir); err != nil {
		return err
	}
	unlock, err := dir.Lock()
	if errors.Is(err, datadir.ErrLocked) {
		return misuse("a stack runs on %s already: see `%s`, stop it with `%s`", dir.Short(), command("status"), command("down"))
	}
	if err != nil {
		return err
	}
	o.undo = append(o.undo, unlock)
	record, err := dir.ReadRecord()
	if err != nil {
		return err
	}
	if record.Environment != "" && record.Environment != g.Env {
		return misuse("the objects of %s belong to the environment %s: start it with --env %[2]s, or choose another folder with --data",
			dir.Short(), record.Environment)
	}
	setup, err := g.setup(ctx, g.Env == environmentS3 || options.Mode == stack.Tests)
	if err != nil {
		return err
	}
	o.undo = append(o.undo, setup.release)
	options.Root, options.Dir, options.File, options.Plan = setup.root, dir, setup.file, setup.plan
	options.Environment, options.Resolver = g.Env, g.Resolver
	options.BaseURL, options.OTLPAddr = strings.TrimRight(g.PublicBaseURL, "/"), otlpAddr(g.OTLPEndpoint)
	options.Metrics = g.SidecarMetrics
	if o.stack, err = stack.New(options); err != nil {
		return err
	}
	server, err := control.Serve(ctx, dir.Socket("control"), o.stack)
	if err != nil {
		return err
	}
	o.undo = append(o.undo, server.Close)
	return nil
}

// createFolder makes the data folder unless it exists.
func createFolder(dir datadir.Dir) error {
	err := dir.Create()
	if errors.Is(err, datadir.ErrForeign) {
		return misuse("%w: choose another with --data", err)
	}
	return err
}
