package errs

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// domain marks the ErrorInfo of this package, as opposed to one of a sidecar.
const domain = "douyin"

// pair maps a Code to its gRPC code on the wire.
type pair struct {
	code Code
	wire codes.Code
}

// pairs is the complete mapping, used in both directions.
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

func toCode(code Code) codes.Code {
	for _, p := range pairs() {
		if p.code == code {
			return p.wire
		}
	}
	return codes.Internal
}

// ToStatus encodes err for the wire, without any text that is not for the public.
// Only the server interceptor calls it.
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

// FromStatus decodes the error of a call through the sidecars. Only the client
// interceptor calls it. An error that does not come from the other service (a
// sidecar is down, an app does not answer) keeps its text as the cause and has no
// public message.
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

// fromCode maps any gRPC code, including those that only a sidecar or the library
// sends.
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
			return p.code
		}
	}
	return Internal
}
