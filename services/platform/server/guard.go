package server

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// tokenHeader is the header with which the sidecar sends APP_API_TOKEN.
const tokenHeader = "dapr-api-token"

// guard wraps every method: only the sidecar may call it, a panic ends one call and not
// the program, and its error is logged once and encoded.
type guard struct {
	token string
	log   *slog.Logger
}

func (g *guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	var answer any
	err := g.call(ctx, info.FullMethod, func() (err error) {
		answer, err = handle(ctx, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

func (g *guard) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	return g.call(stream.Context(), info.FullMethod, func() error { return handle(srv, stream) })
}

func (g *guard) call(ctx context.Context, method string, handle func() error) error {
	start := time.Now()
	err := g.checkToken(ctx, method)
	if err == nil {
		err = recovered(handle)
	}
	if err == nil {
		return nil
	}
	g.logFailure(ctx, method, time.Since(start), err)
	return encode(err)
}

// encode is errs.ToStatus, except for methods that generated code answers as not
// implemented: the sidecar probes for those.
func encode(err error) error {
	var known *errs.Error
	if !errors.As(err, &known) && status.Code(err) == codes.Unimplemented {
		return err
	}
	return errs.ToStatus(err)
}

// checkToken only accepts calls of the sidecar. The sidecar (1.18) sends the token with
// proxied calls and events, but not when it asks for subscriptions and bindings, and
// orchestrators have no token: those methods reveal nothing and are open.
func (g *guard) checkToken(ctx context.Context, method string) error {
	if g.token == "" || isOpen(method) {
		return nil
	}
	for _, sent := range metadata.ValueFromIncomingContext(ctx, tokenHeader) {
		if subtle.ConstantTimeCompare([]byte(sent), []byte(g.token)) == 1 {
			return nil
		}
	}
	return &errs.Error{Code: errs.Unauthenticated, Op: method, Cause: errors.New("call without the API token of the sidecar")}
}

func isOpen(method string) bool {
	switch method {
	case healthv1.Health_Check_FullMethodName,
		runtimev1.AppCallbackHealthCheck_HealthCheck_FullMethodName,
		runtimev1.AppCallback_ListTopicSubscriptions_FullMethodName,
		runtimev1.AppCallback_ListInputBindings_FullMethodName:
		return true
	}
	return false
}

// panicError is a panic on its way to the log.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

func recovered(handle func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &errs.Error{Code: errs.Internal, Cause: &panicError{value: value, stack: debug.Stack()}}
		}
	}()
	return handle()
}

// logFailure writes one line: an error for internal faults, a warning for parts that
// are down, information for refusals, which are normal.
func (g *guard) logFailure(ctx context.Context, method string, took time.Duration, err error) {
	code := errs.CodeOf(err)
	attrs := []slog.Attr{
		slog.String("method", method),
		slog.String("code", code.String()),
		slog.String("reason", errs.ReasonOf(err)),
		slog.Duration("took", took),
		slog.String("error", err.Error()),
	}
	var panicked *panicError
	if errors.As(err, &panicked) {
		attrs = append(attrs, slog.String("stack", string(panicked.stack)))
	}
	level := slog.LevelInfo
	switch code {
	case errs.Internal:
		level = slog.LevelError
	case errs.Unavailable, errs.Timeout:
		level = slog.LevelWarn
	}
	g.log.LogAttrs(ctx, level, "call failed", attrs...)
}
