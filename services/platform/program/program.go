// Package program is what the main functions of all services have in common:
// what they open, in which order, and how it ends. A service adds its own parts
// in between.
package program

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"google.golang.org/grpc"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/ids"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

// Options say which service it is.
type Options struct {
	App        contract.App
	Config     Config
	DSNSecret  string // name of the secret with the DSN of its database
	Migrations fs.FS  // tables of its own; nil: it has none
}

// Program is a service that is being put together: everything is open, nothing
// is served yet. Its methods are for the function given to Run.
type Program struct {
	Log     *slog.Logger
	Sidecar *daprx.Sidecar
	DB      *sqlx.DB        // migrated
	Hot     *hotstate.Store // the hot state of all services; write only your own documents

	options Options
	closers []func() error // run last to first

	services []registration
	topics   []server.Topic
	replayer *deadletter.Replayer // nil: the program handles no topic
	relay    *outbox.Relay
	tasks    []Task
}

// Task is a piece of work beside the server. It returns when its context ends;
// an error ends the program.
type Task func(ctx context.Context) error

type registration struct {
	desc *grpc.ServiceDesc
	impl any
}

var _ grpc.ServiceRegistrar = (*Program)(nil)

// flushTimeout bounds what is left to do for tracing at the end.
const flushTimeout = 5 * time.Second

// Run opens what every service needs, lets build add what the service is, and
// serves until ctx ends. The context of build ends when the start takes too
// long. Everything opened is closed when Run returns.
func Run(ctx context.Context, o Options, build func(ctx context.Context, p *Program) error) (err error) {
	p := &Program{options: o}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.start(ctx, build); err != nil {
		return err
	}
	return p.serve(ctx)
}

// start has a time limit but for the migrations: the server may be changing a
// large table, and goes on with that whoever gives up waiting.
func (p *Program) start(ctx context.Context, build func(ctx context.Context, p *Program) error) error {
	if err := p.timely(ctx, p.open); err != nil {
		return err
	}
	if p.options.Migrations != nil {
		if err := sqldb.Migrate(ctx, p.DB, p.options.Migrations); err != nil {
			return err
		}
	}
	return p.timely(ctx, func(ctx context.Context) error {
		if err := build(ctx, p); err != nil {
			return err
		}
		return p.ensureTables(ctx)
	})
}

func (p *Program) timely(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.options.Config.StartTimeout)
	defer cancel()
	return do(ctx)
}

// open makes telemetry, connection and database.
func (p *Program) open(ctx context.Context) error {
	c := p.options.Config
	log, flush, err := telemetry.Setup(ctx, telemetry.Options{App: string(p.options.App), LogLevel: c.LogLevel, OTLPEndpoint: c.OTLPEndpoint})
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	p.Log = log
	p.closing(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		return flush(ctx)
	})
	p.Sidecar, err = daprx.Dial(daprx.Options{Address: c.Sidecar(), APIToken: c.DaprAPIToken, AppIDSuffix: c.AppIDSuffix})
	if err != nil {
		return err
	}
	p.closing(p.Sidecar.Close)
	p.Hot = hotstate.New(p.Sidecar.State(contract.StateStore), log)
	p.Background(p.Hot.RunRepeats)
	return p.openDatabase(ctx)
}

// openDatabase waits for the sidecar, asks it for the DSN and opens the database.
func (p *Program) openDatabase(ctx context.Context) error {
	if err := p.Sidecar.WaitReady(ctx); err != nil {
		return err
	}
	dsn, err := p.Sidecar.Secret(ctx, contract.SecretStore, p.options.DSNSecret)
	if err != nil {
		return err
	}
	p.DB, err = sqldb.Open(ctx, dsn, sqldb.Options{MaxOpen: p.options.Config.DBConnections})
	if err != nil {
		return err
	}
	p.closing(p.DB.Close)
	return nil
}

// closing adds what is to be done at the end, before what was added earlier.
func (p *Program) closing(do func() error) { p.closers = append(p.closers, do) }

func (p *Program) close() error {
	var faults []error
	for _, do := range slices.Backward(p.closers) {
		faults = append(faults, do())
	}
	return errors.Join(faults...)
}

// LeaseIDs leases a node for the service's own ids, until the program ends.
func (p *Program) LeaseIDs(ctx context.Context) (*ids.Generator, error) {
	generator, release, err := ids.Lease(ctx, p.DB, time.Now)
	if err != nil {
		return nil, err
	}
	p.closing(func() error { release(); return nil })
	return generator, nil
}

// RegisterService implements grpc.ServiceRegistrar, for the generated Register
// functions.
func (p *Program) RegisterService(desc *grpc.ServiceDesc, impl any) {
	p.services = append(p.services, registration{desc: desc, impl: impl})
}

// Background adds a task. It begins with the server and is told to end after
// the server has ended.
func (p *Program) Background(task Task) { p.tasks = append(p.tasks, task) }
