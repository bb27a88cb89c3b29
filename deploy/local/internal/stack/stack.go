// Package stack puts a stack together from its run file: databases, sidecars
// and programs, with the order and the readiness of each.
package stack

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// Mode says which parts a stack has.
type Mode int

// The modes of a stack.
const (
	Full      Mode = iota // databases, sidecars and programs
	InfraOnly             // databases and secrets, for `dapr run`
	Tests                 // databases, Redis without a password; daprd, ffmpeg and an S3 server for tests
)

// Options say which stack to run.
type Options struct {
	Root        string // of the checkout
	Dir         datadir.Dir
	Environment string // folder below components/
	File        runfile.File
	Plan        ports.Plan
	Resolver    string // "auto", "mdns" or "sqlite"
	BaseURL     string // of the gateway as clients see it; empty: derived from the plan
	OTLPAddr    string // host:port for traces, or empty
	Metrics     bool   // of the sidecars
	Mode        Mode
	RequireS3   bool // with Tests: fail if the S3 server cannot be built
	NoBuild     bool // run the programs in bin/ as they are
	Console     *console.Console
}

// Stack is one running set of processes. Its supervisor stops and starts parts.
type Stack struct {
	*supervise.Supervisor
	MySQL infra.MySQL // like Redis, complete when the stack is up
	Redis infra.Redis

	options     Options
	credentials datadir.Credentials
	digest      *logs.Digest
	s3          infra.S3
	hasS3       atomic.Bool
	began       time.Time
	record      chan struct{}
	recording   sync.WaitGroup
	writing     sync.Mutex  // of stack.json
	showing     atomic.Bool // warnings and errors of the parts go to the console
	down        chan struct{}
	downOnce    sync.Once

	mu       sync.Mutex
	resolver string
	state    string
	recorded string // environment that the data folder belongs to
	shown    map[string]supervise.State
}

// hasDatabase reports whether a program has a MySQL store in the checkout.
func hasDatabase(root string, app runfile.App) bool {
	_, err := os.Stat(filepath.Join(root, "services", app.Program(), "internal", "mysql"))
	return err == nil
}

// New prepares a stack in a data folder that the caller has created and locked.
func New(o Options) (*Stack, error) {
	var services []string
	for _, app := range o.File.Apps {
		if hasDatabase(o.Root, app) {
			services = append(services, app.AppID)
		}
	}
	credentials, err := o.Dir.Credentials(services)
	if err != nil {
		return nil, err
	}
	// An earlier version of a service may have had a database.
	maps.DeleteFunc(credentials.MySQL, func(service, _ string) bool { return !slices.Contains(services, service) })
	record, err := o.Dir.ReadRecord()
	if err != nil {
		return nil, err
	}
	if o.BaseURL == "" {
		o.BaseURL = publicURL(o.Plan)
	}
	s := &Stack{
		options:     o,
		credentials: credentials,
		digest:      logs.NewDigest(o.Console.Line),
		began:       time.Now(),
		record:      make(chan struct{}, 1),
		down:        make(chan struct{}),
		state:       control.Starting,
		recorded:    record.Environment,
		shown:       map[string]supervise.State{},
		s3: infra.S3{
			Server: filepath.Join(o.Root, "bin", "versitygw"), Dir: o.Dir.S3, Listen: o.Plan.S3,
			Access: credentials.S3Access, Secret: credentials.S3Secret,
		},
	}
	if o.Plan.S3 != "" {
		_, err := os.Stat(s.s3.Server)
		s.hasS3.Store(err == nil || !o.NoBuild || !s.optionalS3())
	}
	s.Supervisor = supervise.New(supervise.Options{
		Output:  s.output,
		Changed: s.changed,
		Backoff: supervise.DefaultBackoff(),
	})
	s.recording.Go(s.keepRecord)
	return s, nil
}

// readyTimeout bounds the start of the processes, without compiling.
const readyTimeout = 2 * time.Minute

// leftoverTimeout is how long processes of a killed starter may take to end.
const leftoverTimeout = 15 * time.Second

// Up starts all parts and returns when they are ready. The databases start while
// the programs are built.
func (s *Stack) Up(ctx context.Context) error {
	if err := s.options.Dir.ClearLeftovers(ctx, leftoverTimeout); err != nil {
		return err
	}
	if err := s.checkPorts(ctx); err != nil {
		return err
	}
	needs := install.Databases()
	if s.options.Mode != InfraOnly {
		needs = append(needs, install.Media())
	}
	if err := s.Install(ctx, needs...); err != nil {
		return err
	}
	work, workCtx := errgroup.WithContext(ctx)
	work.Go(func() error { return s.startDatabases(workCtx) })
	if s.options.Mode != InfraOnly {
		work.Go(func() error { return s.build(workCtx) })
	}
	if s.hasS3.Load() {
		work.Go(func() error { return s.startS3(workCtx) })
	}
	if s.options.Mode == Full {
		work.Go(func() error { return s.render(workCtx) })
	}
	if err := work.Wait(); err != nil {
		return err
	}
	if s.options.Mode == Full {
		s.Start(s.programs()...)
	}
	ready, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.WaitReady(ready); err != nil {
		return s.explain(err)
	}
	return s.bindEnvironment()
}

// Install installs missing programs of other projects.
func (s *Stack) Install(ctx context.Context, needs ...install.Need) error {
	return install.Installer{Console: s.options.Console, Run: s.Command}.Ensure(ctx, needs)
}

// Announce ends the start, seeding included: the state becomes ready.
func (s *Stack) Announce() { s.setState(control.Ready) }

// Down asks the stack to stop; it closes Done.
func (s *Stack) Down() { s.downOnce.Do(func() { close(s.down) }) }

// Done is closed when the stack was asked to stop.
func (s *Stack) Done() <-chan struct{} { return s.down }

// Close stops all processes and returns when none is left. It kills the
// remaining ones when ctx ends.
func (s *Stack) Close(ctx context.Context) {
	s.setState(control.Stopping)
	s.Stop(ctx)
	close(s.record)
	s.recording.Wait()
}

// checkTimeout bounds the checks of all parts together.
const checkTimeout = 3 * time.Second

// Check asks every running part whether it is ready, and returns the faults by
// part.
func (s *Stack) Check(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	faults := map[string]string{}
	for part, err := range s.Supervisor.Check(ctx) {
		faults[part] = err.Error()
	}
	return faults
}

var _ control.Stack = (*Stack)(nil)

// Plan is the stack's ports.
func (s *Stack) Plan() ports.Plan { return s.options.Plan }

// S3 describes the running S3 server; exists is false if the stack has none.
func (s *Stack) S3() (server infra.S3, exists bool) { return s.s3, s.hasS3.Load() }

// checkPorts fails if another process listens on a port of the stack, and names
// the process.
func (s *Stack) checkPorts(ctx context.Context) error {
	list := s.options.Plan.All()
	if s.options.Mode != Full {
		list = s.options.Plan.Infra()
	}
	for _, port := range list {
		if ports.Free(ctx, port.Number) {
			continue
		}
		return fmt.Errorf("port %d (%s) is taken by %s: stop it, or start this stack on other ports with --port-offset %d",
			port.Number, port.Part, ports.HolderOf(port.Number), s.options.Plan.Offset+ports.Step)
	}
	return nil
}
