package stack

import (
	"context"
	"errors"
	"io"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/balance"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
)

// proxy listens at the public address when there are several gateways.
type proxy struct {
	*balance.Proxy
	log io.Closer
}

// startProxy opens the public address, unless a single gateway listens there.
func (s *Stack) startProxy(ctx context.Context) error {
	direct := s.options.Plan.Direct()
	if len(direct) == 0 {
		return nil
	}
	log, err := s.output(ports.Proxy)
	if err != nil {
		return err
	}
	listening, err := balance.Listen(ctx, s.options.Plan.Gateway, direct, log)
	if err != nil {
		return errors.Join(err, log.Close())
	}
	s.proxy = &proxy{listening, log}
	return nil
}

// stopProxy ends the proxy, after the gateways: until then clients get a clear
// answer.
func (s *Stack) stopProxy() {
	if s.proxy == nil {
		return
	}
	if err := errors.Join(s.proxy.Close(), s.proxy.log.Close()); err != nil {
		s.options.Console.Printf("stopping the proxy failed: %v", err)
	}
}
