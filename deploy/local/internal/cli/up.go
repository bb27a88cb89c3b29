package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

type upCommand struct {
	Detach  bool `help:"Return when the stack is ready and leave it running."`
	NoBuild bool `help:"Run the programs in bin/ as they are."`
	NoSeed  bool `help:"Do not add the demo data."`
	Quiet   bool `help:"Show only changes of state; warnings and errors are in the log files."`
}

type infraCommand struct {
	Detach bool `help:"Return when the databases are ready and leave them running."`
}

// stopTimeout bounds the orderly stop of a stack.
const stopTimeout = 40 * time.Second

// lowDisk is the free space below which a start warns, in bytes.
const lowDisk = 2 << 30

func (u *upCommand) Run(ctx context.Context, g *Globals) error {
	if u.Detach {
		return detach(ctx, g)
	}
	show := console.New(os.Stdout)
	return foreground(ctx, g, stack.Options{NoBuild: u.NoBuild, Console: show}, u.Quiet,
		func(ctx context.Context, s *stack.Stack, dir datadir.Dir) error {
			return welcome(ctx, s.Builder(), s, dir, !u.NoSeed)
		})
}

func (i *infraCommand) Run(ctx context.Context, g *Globals) error {
	if g.Env != environmentLocal {
		// The Dapr CLI uses the components that the run file names, so it would store
		// objects in another place.
		return misuse("infra is for `dapr run`, which knows only components/%s: run --env %s with `%s`",
			environmentLocal, g.Env, command("--env "+g.Env+" up"))
	}
	if i.Detach {
		return detach(ctx, g)
	}
	show := console.New(os.Stdout)
	return foreground(ctx, g, stack.Options{Mode: stack.InfraOnly, Console: show}, true,
		func(_ context.Context, s *stack.Stack, _ datadir.Dir) error {
			infraSummary(show, s)
			return nil
		})
}

// errInterrupted is the end of a stack that was interrupted or asked to stop.
var errInterrupted = errors.New("interrupted")

// foreground runs a stack until it is interrupted or asked to stop. It calls
// started once the stack is up.
func foreground(ctx context.Context, g *Globals, o stack.Options, quiet bool,
	started func(context.Context, *stack.Stack, datadir.Dir) error,
) error {
	err := beside(ctx, g, o, func(ctx context.Context, s *stack.Stack, dir datadir.Dir) error {
		if err := started(ctx, s, dir); err != nil {
			return err
		}
		s.Announce()
		s.Watch(ctx, quiet)
		return nil
	})
	if errors.Is(err, errInterrupted) {
		return nil
	}
	return err
}

// beside starts a stack, does work, and stops the stack. The command sets mode,
// console and what to build in o; the rest comes from the flags. The context of
// work ends with errInterrupted.
func beside(ctx context.Context, g *Globals, o stack.Options,
	work func(context.Context, *stack.Stack, datadir.Dir) error,
) (err error) {
	dir, err := g.dir()
	if err != nil {
		return err
	}
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
	defer func() { err = errors.Join(err, unlock()) }()
	record, err := dir.ReadRecord()
	if err != nil {
		return err
	}
	if record.Environment != "" && record.Environment != g.Env {
		return misuse("the objects of %s belong to the environment %s: start it with --env %[2]s, or choose another folder with --data",
			dir.Short(), record.Environment)
	}
	setup, err := g.setup(ctx, g.Env == environmentS3 || o.Mode == stack.Tests)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, setup.release()) }()
	o.Root, o.Dir, o.File, o.Plan = setup.root, dir, setup.file, setup.plan
	o.Environment, o.Resolver, o.Metrics = g.Env, g.Resolver, g.SidecarMetrics
	o.BaseURL, o.OTLPAddr = strings.TrimRight(g.PublicBaseURL, "/"), otlpAddr(g.OTLPEndpoint)
	s, err := stack.New(o)
	if err != nil {
		return err
	}
	server, err := control.Serve(ctx, dir.Socket("control"), s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	ctx, stopListening := interruptible(ctx, s)
	defer stopListening()
	defer closeStack(o.Console, s)
	if free, err := dir.FreeBytes(); err == nil && free < lowDisk {
		o.Console.Printf("only %.1f GiB are free on the disk of the data folder; that may not be enough", float64(free)/(1<<30))
	}
	if err = s.Up(ctx); err == nil {
		err = work(ctx, s, dir)
	}
	if ctx.Err() != nil {
		return errors.Join(errInterrupted, err)
	}
	return err
}

// createFolder makes the data folder unless it exists.
func createFolder(dir datadir.Dir) error {
	err := dir.Create()
	if errors.Is(err, datadir.ErrForeign) {
		return misuse("%w: choose another with --data", err)
	}
	return err
}

// interruptible returns a context that ends with the first Ctrl-C, SIGTERM or
// request over the control socket. The second signal kills.
func interruptible(ctx context.Context, s *stack.Stack) (context.Context, func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A program that receives SIGPIPE on a channel survives it: a reader that goes
	// away, as in `| head`, must not cost the stack its orderly stop.
	brokenPipe := make(chan os.Signal, 1)
	signal.Notify(brokenPipe, syscall.SIGPIPE)
	work, cancel := context.WithCancel(ctx)
	finished, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-signals:
		case <-s.Done():
		case <-finished:
			return
		}
		cancel()
		select {
		case <-signals:
			s.Kill()
		case <-finished:
		}
	}()
	return work, func() {
		signal.Stop(signals)
		signal.Stop(brokenPipe)
		close(finished)
		<-ended
		cancel()
	}
}

func closeStack(show *console.Console, s *stack.Stack) {
	step := show.Step("stop")
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	running := len(s.Status().Parts) > 0
	s.Close(ctx)
	if running {
		step.Done("all parts have stopped")
	}
}

func otlpAddr(endpoint string) string {
	endpoint = strings.TrimPrefix(strings.TrimPrefix(endpoint, "http://"), "https://")
	return strings.TrimRight(endpoint, "/")
}
