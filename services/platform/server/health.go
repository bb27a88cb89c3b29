package server

import (
	"context"
	"time"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var (
	_ healthv1.HealthServer                  = health{}
	_ runtimev1.AppCallbackServer            = callbacks{}
	_ runtimev1.AppCallbackHealthCheckServer = healthCallback{}
)

// readyTimeout bounds one call of Options.Ready.
const readyTimeout = 2 * time.Second

// ready returns nil if calls can be sent to this program.
func (s *Server) ready(ctx context.Context) error {
	if s.stopping.Load() {
		return errs.New(errs.Unavailable, "STOPPING", "service is stopping")
	}
	if s.options.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.options.Ready(ctx)
}

// consuming returns nil if events can be delivered to this program.
func (s *Server) consuming(ctx context.Context) error {
	if err := s.ready(ctx); err != nil || s.options.Writable == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.options.Writable(ctx)
}

// health implements the gRPC health protocol for orchestrators.
type health struct {
	healthv1.UnimplementedHealthServer
	server *Server
}

// Check reports NOT_SERVING when the program is not ready. The answer contains no
// reason, since anybody may call it.
func (h health) Check(ctx context.Context, _ *healthv1.HealthCheckRequest) (*healthv1.HealthCheckResponse, error) {
	status := healthv1.HealthCheckResponse_SERVING
	if h.server.ready(ctx) != nil {
		status = healthv1.HealthCheckResponse_NOT_SERVING
	}
	return &healthv1.HealthCheckResponse{Status: status}, nil
}

// healthCallback answers the sidecar's health check of its app. While it fails, the
// sidecar delivers no events.
type healthCallback struct {
	runtimev1.UnimplementedAppCallbackHealthCheckServer
	server *Server
}

// HealthCheck fails while the program is not ready, or cannot write. Calls are not
// affected: the sidecar passes them on without asking for the health of the app.
func (h healthCallback) HealthCheck(ctx context.Context, _ *emptypb.Empty) (*runtimev1.HealthCheckResponse, error) {
	if err := h.server.consuming(ctx); err != nil {
		return nil, err
	}
	return &runtimev1.HealthCheckResponse{}, nil
}

// callbacks implements the sidecar's calls of its app: at the start it asks for
// subscriptions and input bindings, later it delivers events.
type callbacks struct {
	runtimev1.UnimplementedAppCallbackServer
	guard  *guard
	topics map[string]Topic // by path
}

// ListTopicSubscriptions returns none: subscriptions are declared in YAML, where
// operators find them with their retries and dead letters.
func (callbacks) ListTopicSubscriptions(context.Context, *emptypb.Empty) (*runtimev1.ListTopicSubscriptionsResponse, error) {
	return &runtimev1.ListTopicSubscriptionsResponse{}, nil
}

// ListInputBindings returns none.
func (callbacks) ListInputBindings(context.Context, *emptypb.Empty) (*runtimev1.ListInputBindingsResponse, error) {
	return &runtimev1.ListInputBindingsResponse{}, nil
}
