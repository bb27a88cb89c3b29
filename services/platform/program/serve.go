package program

import (
	"context"
	"errors"
	"sync"

	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// serve runs the server until ctx ends or a task fails. The tasks run until the
// server has ended, so that events of its last calls are still published.
func (p *Program) serve(ctx context.Context) error {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	working, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()

	faults := make([]error, len(p.tasks)+1)
	var tasks sync.WaitGroup
	for i, task := range p.tasks {
		tasks.Go(func() {
			if faults[i] = task(working); faults[i] != nil {
				stop()
			}
		})
	}
	faults[len(p.tasks)] = p.runServer(serving)
	end()
	tasks.Wait()
	return errors.Join(faults...)
}

// runServer serves gRPC until ctx ends. A program without an app port, which
// nobody calls, only waits.
func (p *Program) runServer(ctx context.Context) error {
	c := p.options.Config
	if c.AppPort == 0 {
		<-ctx.Done()
		return nil
	}
	o := server.Options{Address: c.Address(), APIToken: c.AppAPIToken, Log: p.Log, Topics: p.topics}
	if p.DB != nil {
		o.Ready = func(ctx context.Context) error { return sqldb.Wrap("program.Ready", p.DB.PingContext(ctx)) }
		o.Writable = (&writable{db: p.DB, log: p.Log}).check
	}
	srv := server.New(o)
	for _, service := range p.services {
		srv.Registrar().RegisterService(service.desc, service.impl)
	}
	return srv.Run(ctx)
}
