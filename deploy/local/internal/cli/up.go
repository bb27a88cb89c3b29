package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/seed"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

type upCommand struct {
	Detach  bool `help:"Return when the stack is ready and leave it running."`
	NoBuild bool `help:"Run the programs in bin/ as they are."`
	NoSeed  bool `help:"Leave the demo data out."`
	Quiet   bool `help:"Do not show what the parts print; it is in the log files."`
}

type infraCommand struct {
	Detach bool `help:"Return when the databases are ready and leave them running."`
}

// stopTimeout is how long an orderly stop of a stack may take in all.
const stopTimeout = 40 * time.Second

// lowDisk is where a start begins to warn, in bytes.
const lowDisk = 2 << 30

func (u *upCommand) Run(ctx context.Context, g *Globals) error {
	if u.Detach {
		return detach(ctx, g, "up")
	}
	return foreground(ctx, g, session{noBuild: u.NoBuild, seed: !u.NoSeed, show: !u.Quiet})
}

func (i *infraCommand) Run(ctx context.Context, g *Globals) error {
	if g.Env != environmentLocal {
		// The Dapr CLI takes the components that the run file names, so objects
		// would not be where this says.
		return fmt.Errorf("infra is for `dapr run`, which knows only components/%s: run --env %s with `%s`",
			environmentLocal, g.Env, command("--env "+g.Env+" up"))
	}
	if i.Detach {
		return detach(ctx, g, "infra")
	}
	return foreground(ctx, g, session{infraOnly: true})
}

// session is one run of a stack in the foreground.
type session struct {
	infraOnly bool
	forTests  bool
	requireS3 bool
	race      bool
	noBuild   bool
	seed      bool
	show      bool
	console   *console.Console
}

// opened is a stack that is prepared but not started, with what it holds.
type opened struct {
	stack *stack.Stack
	dir   datadir.Dir
	undo  []func() error
}

// release gives lock, ports and socket back, once the stack is closed.
func (o *opened) release() error {
	var errs []error
	for _, undo := range slices.Backward(o.undo) {
		errs = append(errs, undo())
	}
	o.undo = nil
	return errors.Join(errs...)
}

// open prepares a stack: data folder, lock, ports and control socket.
func (o session) open(ctx context.Context, g *Globals) (*opened, error) {
	dir, err := g.dir()
	if err != nil {
		return nil, err
	}
	held := &opened{dir: dir}
	if err := o.prepare(ctx, g, held); err != nil {
		return nil, errors.Join(err, held.release())
	}
	return held, nil
}

func (o session) prepare(ctx context.Context, g *Globals, held *opened) error {
	dir := held.dir
	if err := dir.Create(); err != nil {
		return err
	}
	unlock, err := dir.Lock()
	if errors.Is(err, datadir.ErrLocked) {
		return fmt.Errorf("a stack runs on %s already: see `%s`, stop it with `%s`", dir.Short(), command("status"), command("down"))
	}
	if err != nil {
		return err
	}
	held.undo = append(held.undo, unlock)
	record, err := dir.ReadRecord()
	if err != nil {
		return err
	}
	if record.Environment != "" && record.Environment != g.Env {
		return fmt.Errorf("the objects of %s are those of the environment %s: start it with --env %[2]s, or choose another folder with --data",
			dir.Short(), record.Environment)
	}
	root, file, plan, release, err := g.plan(ctx, g.Env == environmentS3 || o.forTests)
	if err != nil {
		return err
	}
	held.undo = append(held.undo, release)
	held.stack, err = stack.New(stack.Options{
		Root: root, Dir: dir, Environment: g.Env, File: file, Plan: plan,
		Resolver: g.Resolver, BaseURL: strings.TrimRight(g.PublicBaseURL, "/"), OTLPAddr: otlpAddr(g.OTLPEndpoint),
		InfraOnly: o.infraOnly, ForTests: o.forTests, RequireS3: o.requireS3, Race: o.race, NoBuild: o.noBuild, Console: o.console,
	})
	if err != nil {
		return err
	}
	server, err := control.Serve(ctx, dir.Socket("control"), held.stack)
	if err != nil {
		return err
	}
	held.undo = append(held.undo, server.Close)
	return nil
}

// foreground runs a stack until it is interrupted or told to stop.
func foreground(ctx context.Context, g *Globals, o session) (err error) {
	o.console = newConsole(os.Stdout)
	held, err := o.open(ctx, g)
	if err != nil {
		return err
	}
	s, dir := held.stack, held.dir
	defer func() { err = errors.Join(err, held.release()) }()
	work, stopListening := interruptible(ctx, s)
	defer stopListening()
	defer closeStack(o.console, s)

	if free, err := dir.FreeBytes(); err == nil && free < lowDisk {
		o.console.Printf("only %.1f GiB are free where the data folder is; that may not be enough", float64(free)/(1<<30))
	}
	if err := s.Up(work); err != nil {
		return unlessInterrupted(work, err)
	}
	if o.infraOnly {
		infraSummary(o.console, s)
	} else if err := o.welcome(work, s, dir); err != nil {
		return unlessInterrupted(work, err)
	}
	s.Announce()
	if o.show {
		s.Show()
	}
	<-work.Done()
	return nil
}

// interruptible returns a context that ends with the first Ctrl-C, SIGTERM or
// request over the control socket. The second signal kills.
func interruptible(ctx context.Context, s *stack.Stack) (context.Context, func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// Being told of it means not dying from it: a reader that goes away, as in
	// `| head`, must not cost the stack its orderly end.
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
		step.Done("everything is stopped")
	}
}

func unlessInterrupted(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

// welcome seeds a new stack and says how to use it. A stack that runs is of use
// without the demo too, and the next start tries again.
func (o session) welcome(ctx context.Context, s *stack.Stack, dir datadir.Dir) error {
	if o.seed && !dir.Seeded() {
		err := seed.Demo(ctx, o.console, s.Command, s.LocalURL(), dir.Root())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = dir.MarkSeeded()
		}
		if err != nil {
			o.console.Printf("the demo data is not all in: %v", err)
			o.console.Printf("The stack runs all the same. The next start tries again, or `%s` now.", command("seed"))
		}
	}
	summary(o.console, s, dir)
	return nil
}

func otlpAddr(endpoint string) string {
	endpoint = strings.TrimPrefix(strings.TrimPrefix(endpoint, "http://"), "https://")
	return strings.TrimRight(endpoint, "/")
}
