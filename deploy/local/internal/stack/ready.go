package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/probe"
)

func local(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// sidecarReady succeeds when the sidecar is ready and, if its program runs,
// calls reach the program. The sidecar says "ready" before its connection to the
// program is up, and callers are still in gRPC's back-off (a second or more)
// towards a sidecar that was down.
func (s *Stack) sidecarReady(p ports.App) func(ctx context.Context) error {
	health := fmt.Sprintf("http://%s/v1.0/healthz/outbound", local(p.HTTP))
	return func(ctx context.Context) error {
		if err := probe.HTTP(ctx, health, s.credentials.DaprToken); err != nil {
			return err
		}
		if p.App == 0 || !s.Running(p.Part()) {
			return nil // before the program's first start, or while it is down
		}
		return s.reachable(ctx, p)
	}
}

// programReady succeeds when the program serves and, if its sidecar runs, calls
// reach it.
func (s *Stack) programReady(p ports.App) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if err := probe.GRPC(ctx, local(p.App), probe.Token(s.credentials.AppToken)); err != nil {
			return err
		}
		if !s.Running(p.SidecarPart()) {
			return nil
		}
		return s.reachable(ctx, p)
	}
}

// callerTimeout bounds a call through the sidecar of another program.
const callerTimeout = time.Second

// reachable calls a program through its own sidecar, and then through the others at
// the same time: a sidecar that looks for an app too early remembers for seconds
// that it is missing.
func (s *Stack) reachable(ctx context.Context, p ports.App) error {
	if err := s.callThrough(ctx, p, p); err != nil {
		return err
	}
	failures := make([]error, len(s.options.Plan.Apps))
	var calls sync.WaitGroup
	for i, caller := range s.options.Plan.Apps {
		if caller == p || !s.Running(caller.SidecarPart()) {
			continue
		}
		calls.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, callerTimeout)
			defer cancel()
			// Only an answer says something about p: a caller's sidecar that gives none
			// has a fault of its own.
			var refused *probe.StatusError
			if err := s.callThrough(ctx, caller, p); errors.As(err, &refused) {
				failures[i] = err
			}
		})
	}
	calls.Wait()
	if err := ctx.Err(); err != nil {
		return err // the calls that are missing say nothing
	}
	return errors.Join(failures...)
}

// callThrough asks a program for its health through the sidecar of another one,
// as programs call each other.
func (s *Stack) callThrough(ctx context.Context, caller, target ports.App) error {
	err := probe.GRPC(ctx, local(caller.GRPC), probe.Token(s.credentials.DaprToken), probe.AppID(target.ID+s.credentials.Suffix))
	if err != nil {
		return fmt.Errorf("a call to %s through %s fails: %w", target.ID, caller.SidecarPart(), err)
	}
	return nil
}
