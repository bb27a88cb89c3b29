package errs

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// domain marks the details of our own errors, so that an ErrorInfo made by a
// sidecar is not taken for one.
const domain = "douyin"

// pair is one of our codes and the gRPC code that stands for it on the wire.
type pair struct {
	ours Code
	wire codes.Code
}

// pairs is the whole translation, read in both directions.
func pairs() [9]pair {
	return [...]pair{
		{Internal, codes.Internal},
		{Invalid, codes.InvalidArgument},
		{Unauthenticated, codes.Unauthenticated},
		{Forbidden, codes.PermissionDenied},
		{NotFound, codes.NotFound},
		{Conflict, codes.FailedPrecondition},
		{Exhausted, codes.ResourceExhausted},
		{Unavailable, codes.Unavailable},
		{Timeout, codes.DeadlineExceeded},
	}
}

func toCode(ours Code) codes.Code {
	for _, p := range pairs() {
		if p.ours == ours {
			return p.wire
		}
	}
	return codes.Internal
}

// ToStatus encodes err for the wire. Only the server interceptor calls it.
// Text that was not written for the public stays behind.
func ToStatus(err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		return status.New(toCode(foreignCode(err)), "").Err()
	}
	if e.Reason == "" {
		return status.New(toCode(e.Code), e.Message).Err()
	}
	st := status.New(toCode(e.Code), e.Message)
	detailed, detailErr := st.WithDetails(&errdetails.ErrorInfo{Reason: e.Reason, Domain: domain})
	if detailErr != nil {
		return st.Err()
	}
	return detailed.Err()
}

// FromStatus decodes what a call through the sidecars returned. Only the client
// interceptor calls it. An error that the other service did not make itself
// (a sidecar that is down, an app that does not answer) keeps its text as the
// cause and has no public message.
func FromStatus(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Error{Code: foreignCode(err), Cause: err}
	}
	st, ok := status.FromError(err)
	if !ok {
		return &Error{Code: Internal, Cause: err}
	}
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == domain {
			return &Error{Code: fromCode(st.Code()), Reason: info.GetReason(), Message: st.Message()}
		}
	}
	return &Error{Code: fromCode(st.Code()), Cause: err}
}

// fromCode reads a gRPC code, those included that only a sidecar or the
// library itself sends.
func fromCode(wire codes.Code) Code {
	if wire == codes.Canceled || wire == codes.Aborted {
		return Unavailable
	}
	if wire == codes.AlreadyExists {
		return Conflict
	}
	if wire == codes.OutOfRange {
		return Invalid
	}
	for _, p := range pairs() {
		if p.wire == wire {
			return p.ours
		}
	}
	return Internal
}
