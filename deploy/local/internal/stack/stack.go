// Package stack puts a stack together from its run file: databases, sidecars
// and programs, with the order and the readiness of each.
package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// Options say which stack to run.
type Options struct {
	Root        string // of the checkout
	Dir         datadir.Dir
	Environment string // folder below components/
	File        runfile.File
	Plan        ports.Plan
	Resolver    string // "auto", "mdns" or "sqlite"
	BaseURL     string // of the gateway as clients see it; empty: as this machine does
	OTLPAddr    string // host:port for traces, or empty
	InfraOnly   bool   // only the databases and the secrets
	ForTests    bool   // with InfraOnly: Redis without a password, and daprd, ffmpeg and an S3 server are there
	RequireS3   bool   // with ForTests: an S3 server that cannot be had is a fault
	Race        bool   // provide what the race detector needs
	NoBuild     bool   // run what is in bin/
	Console     *console.Console
}

// Stack is one running set of processes.
type Stack struct {
	options     Options
	credentials datadir.Credentials
	supervisor  *supervise.Supervisor
	redis       infra.Redis
	mysql       infra.MySQL
	s3          infra.S3
	hasS3       atomic.Bool
	began       time.Time
	record      chan struct{}
	recording   sync.WaitGroup
	writing     sync.Mutex  // of stack.json
	showing     atomic.Bool // the parts' lines go to the console
	proxy       *proxy      // before several gateways, else nil
	down        chan struct{}
	downOnce    sync.Once

	mu       sync.Mutex
	resolver string
	state    string
	recorded string // environment that the data folder stays with
	told     map[string]supervise.State
}

// New prepares a stack in a data folder that the caller has created and locked.
func New(o Options) (*Stack, error) {
	var services []string
	for _, app := range o.File.Apps {
		if app.Service() {
			services = append(services, app.AppID)
		}
	}
	credentials, err := o.Dir.Credentials(services)
	if err != nil {
		return nil, err
	}
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
		began:       time.Now(),
		record:      make(chan struct{}, 1),
		down:        make(chan struct{}),
		state:       control.Starting,
		recorded:    record.Environment,
		told:        map[string]supervise.State{},
		s3: infra.S3{
			Server: filepath.Join(o.Root, "bin", "versitygw"), Dir: o.Dir.S3(), Host: o.Plan.S3Host, Port: o.Plan.S3,
			Access: credentials.S3Access, Secret: credentials.S3Secret,
		},
	}
	if o.Plan.S3 != 0 {
		_, err := os.Stat(s.s3.Server)
		s.hasS3.Store(err == nil || !o.NoBuild || s.needsS3())
	}
	s.supervisor = supervise.New(supervise.Options{
		Output:  s.output,
		Changed: s.changed,
		Backoff: supervise.DefaultBackoff(),
	})
	s.recording.Go(s.keepRecord)
	return s, nil
}

// readyTimeout bounds the start of the processes, compiling not included.
const readyTimeout = 2 * time.Minute

// leftoverPatience is how long processes of a killed starter have to end.
const leftoverPatience = 15 * time.Second

// Up starts everything and returns when all of it is ready. The databases start
// while the programs are built.
func (s *Stack) Up(ctx context.Context) error {
	if err := s.options.Dir.ClearLeftovers(ctx, leftoverPatience); err != nil {
		return err
	}
	if err := s.freePorts(ctx); err != nil {
		return err
	}
	programs := !s.options.InfraOnly
	needs := install.Databases()
	if programs || s.options.ForTests {
		needs = append(needs, install.Media())
	}
	if s.options.Race {
		needs = append(needs, install.Compiler())
	}
	installer := install.Installer{Console: s.options.Console, Run: s.supervisor.Command}
	if err := installer.Ensure(ctx, needs); err != nil {
		return err
	}
	work, workCtx := errgroup.WithContext(ctx)
	work.Go(func() error { return s.startDatabases(workCtx) })
	if programs || s.options.ForTests {
		work.Go(func() error { return s.build(workCtx) })
	}
	if s.hasS3.Load() {
		work.Go(func() error { return s.startS3(workCtx) })
	}
	if programs {
		work.Go(func() error { return s.render(workCtx) })
	}
	if err := work.Wait(); err != nil {
		return err
	}
	if programs {
		if err := s.startProxy(ctx); err != nil {
			return err
		}
		s.supervisor.Start(s.programs()...)
	}
	ready, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.supervisor.WaitReady(ready); err != nil {
		return s.explain(err)
	}
	return s.settle()
}

// Announce says that the start is over, seeding included.
func (s *Stack) Announce() { s.setState(control.Ready) }

// Down asks for the end; Done tells when that has happened.
func (s *Stack) Down() { s.downOnce.Do(func() { close(s.down) }) }

// Done is closed when somebody has asked for the end.
func (s *Stack) Done() <-chan struct{} { return s.down }

// Close ends every process and returns when none is left. When ctx ends, the
// rest is killed.
func (s *Stack) Close(ctx context.Context) {
	s.setState(control.Stopping)
	s.supervisor.Stop(ctx)
	s.stopProxy()
	close(s.record)
	s.recording.Wait()
}

// Kill makes the end immediate.
func (s *Stack) Kill() { s.supervisor.Kill() }

// Command runs a command that does not outlive the starter.
func (s *Stack) Command(ctx context.Context, cmd *exec.Cmd) error {
	return s.supervisor.Command(ctx, cmd)
}

// StopPart stops a part until StartPart.
func (s *Stack) StopPart(ctx context.Context, part string) error {
	return s.supervisor.StopPart(ctx, part)
}

// StartPart starts a part that was stopped.
func (s *Stack) StartPart(ctx context.Context, part string) error {
	return s.supervisor.StartPart(ctx, part)
}

// checkTimeout bounds one look at every part.
const checkTimeout = 3 * time.Second

// Check asks every part that runs whether it is well; the answer holds what is
// wrong, by part.
func (s *Stack) Check(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	wrong := map[string]string{}
	for part, err := range s.supervisor.Check(ctx) {
		wrong[part] = err.Error()
	}
	return wrong
}

var _ control.Stack = (*Stack)(nil)

// BaseURL is where clients find the gateway.
func (s *Stack) BaseURL() string { return s.options.BaseURL }

// LocalURL is where this machine finds the gateway.
func (s *Stack) LocalURL() string { return s.options.Plan.LocalURL() }

// Plan is the stack's ports.
func (s *Stack) Plan() ports.Plan { return s.options.Plan }

// MySQL describes the running MySQL.
func (s *Stack) MySQL() infra.MySQL { return s.mysql }

// Redis describes the running Redis.
func (s *Stack) Redis() infra.Redis { return s.redis }

// S3 describes the running S3 server; there says whether there is one.
func (s *Stack) S3() (server infra.S3, there bool) { return s.s3, s.hasS3.Load() }

// freePorts refuses to start where somebody else listens, and says who.
func (s *Stack) freePorts(ctx context.Context) error {
	list := s.options.Plan.All()
	if s.options.InfraOnly {
		list = s.options.Plan.Infra()
	}
	for _, port := range list {
		if ports.Free(ctx, port.Number) {
			continue
		}
		holder, _ := ports.HolderOf("/proc", port.Number)
		return fmt.Errorf("port %d (%s) is taken by %s.\nStop that, or start this stack on other ports: --port-offset %d",
			port.Number, port.Part, holder, s.options.Plan.Offset+ports.Step)
	}
	return nil
}
