package daprx

import (
	"context"
	"sync"
	"time"

	dapr "github.com/dapr/go-sdk/client"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	defaultCallTimeout = 3 * time.Second

	// A sidecar that is back is used again within this time.
	maxReconnectDelay = time.Second

	// How often WaitReady tries a sidecar that does not answer yet.
	readyPoll = 100 * time.Millisecond
)

// Metadata that the sidecar reads.
const (
	tokenHeader = "dapr-api-token"
	appIDHeader = "dapr-app-id"
	// calleeHeader also names the app to call. With appIDHeader a sidecar looks up
	// the app's address twice, once for the resiliency policy, so with two
	// replicas in turn every call on a quiet system goes to the same one, retries
	// included. With calleeHeader it looks it up once, and the next call goes to
	// the other replica.
	calleeHeader = "dapr-callee-app-id"
)

// Options describe the sidecar of this program.
type Options struct {
	Address     string        // host:port of the sidecar's gRPC API
	APIToken    string        // DAPR_API_TOKEN of the sidecar; empty if it requires none
	AppIDSuffix string        // appended to the app id of every peer; see contract.App
	CallTimeout time.Duration // of a call whose context has no earlier deadline; 0 means 3 s
}

// Sidecar is the shared connection to the program's own sidecar. It is safe
// for concurrent use and reconnects by itself.
type Sidecar struct {
	conn    *grpc.ClientConn
	client  dapr.Client
	suffix  string
	timeout time.Duration
	peers   sync.Map // *reachability by app id
}

// Dial prepares the connection and returns at once; WaitReady waits for the
// sidecar. The connection is not made by the SDK, whose interceptors replace
// outgoing metadata and would drop the target app and the trace; the interceptor
// here appends.
func Dial(o Options) (*Sidecar, error) {
	if o.CallTimeout <= 0 {
		o.CallTimeout = defaultCallTimeout
	}
	reconnect := backoff.DefaultConfig
	reconnect.BaseDelay = 100 * time.Millisecond
	reconnect.MaxDelay = maxReconnectDelay
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the sidecar is on loopback or in the same pod
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: maxReconnectDelay}),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()), // spans, and traceparent on the wire
	}
	if o.APIToken != "" {
		options = append(options, grpc.WithChainUnaryInterceptor(appendToken(o.APIToken)))
	}
	conn, err := grpc.NewClient("passthrough:///"+o.Address, options...)
	if err != nil {
		return nil, errs.Wrap("daprx.Dial", err)
	}
	return &Sidecar{
		conn:    conn,
		client:  dapr.NewClientWithConnection(conn),
		suffix:  o.AppIDSuffix,
		timeout: o.CallTimeout,
	}, nil
}

func appendToken(token string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return invoke(metadata.AppendToOutgoingContext(ctx, tokenHeader, token), method, req, reply, cc, opts...)
	}
}

// Close closes the connection. Calls in progress fail.
func (s *Sidecar) Close() error {
	return errs.Wrap("daprx.Close", s.conn.Close())
}

// WaitReady returns when the sidecar's API answers, which it does as soon as all
// components are set up, whether or not the program's own port is open. A
// sidecar that refuses the token is an immediate error.
func (s *Sidecar) WaitReady(ctx context.Context) error {
	const op = "daprx.WaitReady"
	for {
		err := s.ping(ctx)
		switch status.Code(err) {
		case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		case codes.Unauthenticated:
			return &errs.Error{Code: errs.Internal, Op: op, Cause: err}
		default:
			return nil // a refusal by the sidecar's API allow-list is an answer too
		}
		select {
		case <-ctx.Done():
			return &errs.Error{Code: errs.Unavailable, Op: op, Cause: err}
		case <-time.After(readyPoll):
		}
	}
}

// ping gives the connection time to reconnect, so that a sidecar that has just
// started is noticed without a further delay.
func (s *Sidecar) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, maxReconnectDelay)
	defer cancel()
	_, err := s.client.GetMetadata(ctx)
	return err
}

// bounded returns ctx with a deadline d from now, or its own if that is earlier.
func bounded(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// apiError translates an error of the sidecar's own building blocks. Any failure
// of a component means that a part is down; a refusal of the token or of the API
// is a fault of the setup, never one of the user.
func apiError(op string, err error) error {
	if err == nil {
		return nil
	}
	code := errs.CodeOf(errs.FromStatus(err))
	switch status.Code(err) {
	case codes.Internal, codes.Unknown, codes.Aborted:
		code = errs.Unavailable
	case codes.Unauthenticated, codes.PermissionDenied, codes.InvalidArgument, codes.FailedPrecondition, codes.NotFound:
		code = errs.Internal
	}
	return &errs.Error{Code: code, Op: op, Cause: err}
}

// componentFault is a component failure without a gRPC status.
func componentFault(op string, cause error) error {
	return &errs.Error{Code: errs.Unavailable, Op: op, Cause: cause}
}
