package program

import (
	"context"
	"errors"
	"sync"

	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// serve runs the server until ctx ends or a task fails, and the tasks until the
// server has ended: what its last calls committed is still told.
func (p *Program) serve(ctx context.Context) error {
	c := p.options.Config
	srv := server.New(server.Options{
		Address: c.Address(), APIToken: c.AppAPIToken, Log: p.Log, Ready: p.DB.PingContext, Topics: p.topics,
	})
	for _, service := range p.services {
		srv.Registrar().RegisterService(service.desc, service.impl)
	}
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
	faults[len(p.tasks)] = srv.Run(serving)
	end()
	tasks.Wait()
	return errors.Join(faults...)
}
