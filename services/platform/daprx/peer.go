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
	conn    *grpc.ClientConn
	appID   string
	timeout time.Duration
}

// Peer is the connection for the generated clients of another program. Its
// calls carry the deadline of their context, or one of Options.CallTimeout, and
// return what the other program said as *errs.Error. When a sidecar or the
// other program does not answer, the code is Unavailable. Before that, what can
// be sent again without harm is, within the deadline: another replica may well
// answer.
func (s *Sidecar) Peer(app contract.App) grpc.ClientConnInterface {
	return &peer{conn: s.conn, appID: string(app) + s.suffix, timeout: s.timeout}
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
	if err != nil {
		err = sendAgain(ctx, method, err, func() error { return send(calleeHeader) })
	}
	return peerError(method, err)
}

// NewStream refuses: the contract has no streaming method.
func (p *peer) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, &errs.Error{Code: errs.Internal, Op: method, Cause: status.Error(codes.Unimplemented, "streams are not carried to peers")}
}

// peerError decodes a failed call. A refusal without a reason was not made by
// the other program's rules but on the way there, by a sidecar, a token check or
// a message that is too large: that says nothing about the user who asked, and
// is a fault of ours. Unknown, which our servers never answer, is how a sidecar
// says that it knows no address for the app id.
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
