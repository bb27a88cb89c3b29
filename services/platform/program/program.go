// Package program holds what the main functions of all programs have in common:
// what they open, in which order, and how they end. Each program adds its own
// parts in between.
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
	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

// Options describe a program.
type Options struct {
	App        contract.App
	Config     Config
	DSNSecret  string // name of the secret with the DSN of its database; empty: it has no database
	Migrations fs.FS  // its own tables; nil: none
}

// Program is a program under construction: everything is open, nothing is served
// yet. Its methods are for the build function given to Run.
type Program struct {
	Log     *slog.Logger
	Sidecar *daprx.Sidecar
	DB      *sqlx.DB        // migrated; nil without a database
	Hot     *hotstate.Store // the hot state of all services; write only your own documents

	options Options
	closers []func() error // run last to first

	services []registration
	topics   []server.Topic
	replayer *deadletter.Replayer // nil: the program keeps no dead letters
	relay    *outbox.Relay        // nil: it publishes nothing
	inbox    *inbox.Inbox         // nil: no consumer needs one
	tasks    []Task
}

// Task is work beside the server. It returns when its context ends; an error
// ends the program.
type Task func(ctx context.Context) error

type registration struct {
	desc *grpc.ServiceDesc
	impl any
}

var _ grpc.ServiceRegistrar = (*Program)(nil)

// flushTimeout bounds the export of the last spans at the end.
const flushTimeout = 5 * time.Second

// Run opens what the program needs, calls build to add the program's own parts,
// and serves until ctx ends. The context of build ends when the start takes too
// long. Run closes everything it opened.
func Run(ctx context.Context, o Options, build func(ctx context.Context, p *Program) error) (err error) {
	p := &Program{options: o}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.start(ctx, build); err != nil {
		return err
	}
	return p.serve(ctx)
}

// start has a time limit except for the migrations: the server may be changing a
// large table and continues with that when the client gives up.
func (p *Program) start(ctx context.Context, build func(ctx context.Context, p *Program) error) error {
	if err := p.withTimeout(ctx, p.open); err != nil {
		return err
	}
	if p.options.Migrations != nil {
		if p.DB == nil {
			return p.noDatabase("migrations")
		}
		if err := sqldb.Migrate(ctx, p.DB, p.options.Migrations); err != nil {
			return err
		}
	}
	return p.withTimeout(ctx, func(ctx context.Context) error {
		if err := build(ctx, p); err != nil {
			return err
		}
		return p.ensureTables(ctx)
	})
}

func (p *Program) withTimeout(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.options.Config.StartTimeout)
	defer cancel()
	return do(ctx)
}

// open sets up telemetry, waits for the sidecar and opens the database, if any.
func (p *Program) open(ctx context.Context) error {
	c := p.options.Config
	log, flush, err := telemetry.Setup(ctx, telemetry.Options{App: string(p.options.App), LogLevel: c.LogLevel, OTLPEndpoint: c.OTLPEndpoint})
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	p.Log = log
	p.OnClose(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		return flush(ctx)
	})
	p.Sidecar, err = daprx.Dial(daprx.Options{Address: c.Sidecar(), APIToken: c.DaprAPIToken, AppIDSuffix: c.AppIDSuffix})
	if err != nil {
		return err
	}
	p.OnClose(p.Sidecar.Close)
	p.Hot = hotstate.New(p.Sidecar.State(contract.StateStore), log)
	p.Background(p.Hot.RunRetries)
	if err := p.Sidecar.WaitReady(ctx); err != nil {
		return err
	}
	if p.options.DSNSecret == "" {
		return nil
	}
	return p.openDatabase(ctx)
}

// openDatabase reads the DSN from the secret store and opens the database.
func (p *Program) openDatabase(ctx context.Context) error {
	dsn, err := p.Sidecar.Secret(ctx, contract.SecretStore, p.options.DSNSecret)
	if err != nil {
		return err
	}
	p.DB, err = sqldb.Open(ctx, dsn, sqldb.Options{MaxOpen: p.options.Config.DBConnections})
	if err != nil {
		return err
	}
	p.OnClose(p.DB.Close)
	return nil
}

// OnClose adds a function that Run calls at the end, before those added earlier.
func (p *Program) OnClose(do func() error) { p.closers = append(p.closers, do) }

func (p *Program) close() error {
	var faults []error
	for _, do := range slices.Backward(p.closers) {
		faults = append(faults, do())
	}
	return errors.Join(faults...)
}

// RegisterService implements grpc.ServiceRegistrar, for the generated Register
// functions.
func (p *Program) RegisterService(desc *grpc.ServiceDesc, impl any) {
	p.services = append(p.services, registration{desc: desc, impl: impl})
}

// Background adds a task. It starts together with the server, and its context
// ends after the server has ended.
func (p *Program) Background(task Task) { p.tasks = append(p.tasks, task) }
