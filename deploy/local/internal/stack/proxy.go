package stack

import (
	"context"
	"errors"
	"io"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/balance"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
)

// proxy stands at the public address when there is more than one gateway.
type proxy struct {
	*balance.Proxy
	log io.Closer
}

// startProxy opens the public address, unless the only gateway has it.
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

// stopProxy ends the proxy. It outlives the gateways: whoever asks meanwhile is
// told that none answers.
func (s *Stack) stopProxy() {
	if s.proxy == nil {
		return
	}
	if err := errors.Join(s.proxy.Close(), s.proxy.log.Close()); err != nil {
		s.options.Console.Printf("the proxy does not end well: %v", err)
	}
}
