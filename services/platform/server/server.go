// Package server is the only gRPC listener of a service: its own methods, gRPC health
// for orchestrators, and the callbacks of its Dapr sidecar. It does what every method
// needs (tracing, the token check, recovery, encoding and logging of errors), so a
// method only returns its error.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// stopTimeout is how long calls in progress may continue after the context of Run
// ended.
const stopTimeout = 10 * time.Second

// Options configure a Server.
type Options struct {
	Address  string                      // host:port to listen on
	APIToken string                      // APP_API_TOKEN, which the sidecar sends; empty: not checked
	Log      *slog.Logger                // one line per failed call
	Ready    func(context.Context) error // returns nil when the program can serve; used by health checks
	Writable func(context.Context) error // returns nil when it can also write, which events need; used by the sidecar's health check
	Topics   []Topic                     // handled topics; each has its own path
}

// Server is created by New, gets its services by Registrar and runs once.
type Server struct {
	options  Options
	grpc     *grpc.Server
	stopping atomic.Bool
}

// New returns a server. Register services on Registrar before Run.
func New(o Options) *Server {
	g := &guard{token: o.APIToken, log: o.Log}
	s := &Server{
		options: o,
		grpc: grpc.NewServer(
			grpc.StatsHandler(otelgrpc.NewServerHandler()),
			grpc.UnaryInterceptor(g.unary),
			grpc.StreamInterceptor(g.stream),
		),
	}
	healthv1.RegisterHealthServer(s.grpc, health{server: s})
	runtimev1.RegisterAppCallbackServer(s.grpc, callbacks{guard: g, topics: byPath(o.Topics)})
	runtimev1.RegisterAppCallbackHealthCheckServer(s.grpc, healthCallback{server: s})
	return s
}

// Registrar registers the program's own services.
func (s *Server) Registrar() grpc.ServiceRegistrar { return s.grpc }

// Run listens on Options.Address and serves until ctx ends; see Serve.
func (s *Server) Run(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.options.Address)
	if err != nil {
		return errs.Wrap("server.Run", err)
	}
	return s.Serve(ctx, listener)
}

// Serve serves on listener until ctx ends. Then it accepts no more calls and gives
// those in progress up to 10 s. It returns nil after such an end.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- s.grpc.Serve(listener) }()
	select {
	case err := <-served:
		return errs.Wrap("server.Serve", err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	hard := time.AfterFunc(stopTimeout, s.grpc.Stop)
	defer hard.Stop()
	s.grpc.GracefulStop()
	if err := <-served; !errors.Is(err, grpc.ErrServerStopped) {
		return errs.Wrap("server.Serve", err)
	}
	return nil
}
