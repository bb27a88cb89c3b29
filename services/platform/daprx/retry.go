package daprx

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// A sidecar goes on for up to a minute to offer a replica that is gone, and for
// ever one whose program alone is down; under load it is chance which replica a
// call gets. Nothing is lost by trying often, because such calls fail at once.
const (
	maxRepeats = 9
	firstPause = 5 * time.Millisecond
	lastPause  = 50 * time.Millisecond // all pauses together are a third of a second
)

// sendAgain repeats a call that failed with err, as long as repeating is
// without harm and of use: a call that nobody began, whatever it is; one whose
// outcome is unknown once, if the contract says that it may be repeated. It
// returns the last error, or nil.
func sendAgain(ctx context.Context, method string, err error, send func() error) error {
	begun := false
	pause := firstPause
	for range maxRepeats {
		switch {
		case neverBegun(err):
		case !begun && cutOff(err) && repeatable(method):
			begun = true
		default:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
		if err = send(); err == nil {
			return nil
		}
		pause = min(2*pause, lastPause)
	}
	return err
}

// neverBegun says that the call did not reach the other program: our sidecar,
// the other sidecar or the program did not take the connection. The words are
// those of gRPC's Go library, in which sidecars and programs are written, when
// it has no connection to send a call on. Our servers answer with words for the
// public only, so no program can say them of a call of its own.
func neverBegun(err error) bool {
	said := status.Convert(err)
	return said.Code() == codes.Unavailable && errs.ReasonOf(errs.FromStatus(err)) == "" &&
		strings.Contains(said.Message(), "Error while dialing")
}

// cutOff says that the call may have reached the other program and that its
// answer will never come. Canceled is how a sidecar ends its calls when it
// ends itself.
func cutOff(err error) bool {
	code := status.Code(err)
	return (code == codes.Unavailable || code == codes.Canceled) && errs.ReasonOf(errs.FromStatus(err)) == ""
}

// repeatable reads out of the contract whether the method, as in
// /douyin.user.v1.UserService/GetProfiles, does no harm when it is called twice.
func repeatable(method string) bool {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return false
	}
	options, ok := found.Options().(*descriptorpb.MethodOptions)
	return ok && options.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
}
