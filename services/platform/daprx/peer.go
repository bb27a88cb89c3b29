package daprx

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var _ grpc.ClientConnInterface = (*peer)(nil)

// peer sends the calls of a generated client through the sidecars to one app.
type peer struct {
	conn         *grpc.ClientConn
	appID        string
	timeout      time.Duration
	reachability *reachability
}

// Peer returns the connection for the generated clients of another program. Its
// calls have the deadline of their context, or one of Options.CallTimeout, and
// return the other program's refusals as *errs.Error. When a sidecar or the
// other program does not answer, the code is Unavailable. Before that, calls
// that can be repeated without harm are retried within their deadline: another
// replica may answer, or the program may come back.
func (s *Sidecar) Peer(app contract.App) grpc.ClientConnInterface {
	appID := string(app) + s.suffix
	known, _ := s.peers.LoadOrStore(appID, new(reachability))
	return &peer{conn: s.conn, appID: appID, timeout: s.timeout, reachability: known.(*reachability)}
}

// Invoke makes one unary call.
func (p *peer) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	ctx, cancel := bounded(ctx, p.timeout)
	defer cancel()
	send := func(header string) error {
		ctx := metadata.AppendToOutgoingContext(ctx, header, p.appID)
		return p.conn.Invoke(ctx, method, args, reply, opts...)
	}
	err := send(appIDHeader)
	if unreachable(err) {
		err = p.reachability.retry(ctx, method, err, func() error { return send(calleeHeader) })
	} else if answered(err) {
		p.reachability.reached()
	}
	return peerError(method, err)
}

// NewStream returns an error: the contract has no streaming method.
func (p *peer) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, &errs.Error{Code: errs.Internal, Op: method, Cause: status.Error(codes.Unimplemented, "streams to peers are not supported")}
}

// peerError decodes a failed call. A refusal without a reason does not come from
// the other program's rules but from a sidecar, a token check or a message that
// is too large: it is not the user's fault but an internal one. Our servers never
// answer Unknown; a sidecar does when it knows no address for the app id.
func peerError(method string, err error) error {
	if err == nil {
		return nil
	}
	decoded := errs.FromStatus(err)
	if errs.ReasonOf(decoded) != "" {
		return errs.Wrap(method, decoded)
	}
	code := errs.CodeOf(decoded)
	if code != errs.Unavailable && code != errs.Timeout {
		code = errs.Internal
	}
	if status.Code(err) == codes.Unknown {
		code = errs.Unavailable
	}
	return &errs.Error{Code: code, Op: method, Cause: err}
}
