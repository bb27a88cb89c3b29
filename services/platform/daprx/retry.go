package daprx

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// Quick retries find another replica: for up to a minute a sidecar continues
	// to offer a replica that is gone, and for ever one whose program alone is
	// down, and under load it is chance which replica a call gets. Such calls
	// fail at once, so frequent retries cost little.
	quickRetries      = 9
	firstPause        = 5 * time.Millisecond
	longestQuickPause = 50 * time.Millisecond // all quick pauses together are a third of a second

	// Patient retries bridge a restart. A sidecar does not notice at once that
	// its program is back: its connection is in gRPC's back-off, for seconds
	// after an outage of seconds.
	patientPause = 250 * time.Millisecond
	patience     = 3 * time.Second // quick retries included

	// attemptTime is what the deadline must leave for an attempt. An attempt that
	// runs into the deadline would turn "did not reach the program" into "may
	// have reached it".
	attemptTime = 50 * time.Millisecond
)

// retry repeats a call that failed with err while that is harmless and useful:
// any call that was not sent; a call with an unknown outcome once, if the
// contract declares it idempotent. It returns the last error, or nil.
func (r *reachability) retry(ctx context.Context, method string, err error, send func() error) error {
	start := time.Now()
	outcomeUnknown, patient := false, false
	pause := firstPause
	for n := 0; ; n++ {
		switch {
		case notSent(err) || connectionClosing(err) && isIdempotent(method):
			r.failed()
		case !outcomeUnknown && connectionLost(err) && isIdempotent(method):
			outcomeUnknown = true
		default:
			return err
		}
		if n >= quickRetries {
			if !patient {
				if isImpatient(ctx) || !r.startWaiting() {
					return err
				}
				defer r.stopWaiting()
				patient = true
			}
			pause = patientPause/2 + rand.N(patientPause) //nolint:gosec // only spreads the load
			if time.Since(start)+pause > patience {
				return err
			}
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause+attemptTime {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
		if err = send(); answered(err) {
			r.reached()
		}
		if err == nil {
			return nil
		}
		pause = min(2*pause, longestQuickPause)
	}
}

// impatientKey marks the context of impatient calls.
type impatientKey struct{}

// Impatient returns a context whose calls to other programs are not retried for as
// long as a restart takes, but a third of a second. Another replica is still found
// in that time. It is for callers that can do without the answer.
func Impatient(ctx context.Context) context.Context {
	return context.WithValue(ctx, impatientKey{}, true)
}

func isImpatient(ctx context.Context) bool { return ctx.Value(impatientKey{}) != nil }

// notSent reports that the call did not reach the other program: a sidecar or
// the program refused the connection, or the sidecar knows no address for the
// app. The texts are those of gRPC for Go, in which sidecars and programs are
// written, and of the sidecar (1.18). Our servers answer with texts for the
// public only, and never with Unknown, so a program cannot say this about a call
// of its own.
func notSent(err error) bool {
	said := status.Convert(err)
	if errs.ReasonOf(errs.FromStatus(err)) != "" {
		return false
	}
	switch said.Code() {
	case codes.Unavailable:
		return strings.Contains(said.Message(), "Error while dialing")
	case codes.Unknown:
		for _, text := range unresolvedTexts() {
			if strings.Contains(said.Message(), text) {
				return true
			}
		}
	}
	return false
}

// unresolvedTexts are the errors of a sidecar that cannot look an app up: the
// name resolvers sqlite and mdns, and a sidecar that is still starting. A
// sidecar that restarts is missing from the names for a moment.
func unresolvedTexts() [5]string {
	return [...]string{
		"no host found with the given ID",
		"couldn't find service:",
		"timeout waiting for address for app id",
		"proxy not initialized",
		"name resolver not initialized",
	}
}

// connectionClosing reports that a sidecar closed its connection to the other
// sidecar, which it does for all calls on it when one of them finds the other
// side gone. Nearly always this call was not sent either; but it may have been,
// on a connection that the other sidecar was draining before its end.
func connectionClosing(err error) bool {
	said := status.Convert(err)
	return said.Code() == codes.Canceled && strings.Contains(said.Message(), "the client connection is closing")
}

// connectionLost reports that the call may have reached the other program and
// that its answer will not arrive. A sidecar that ends cancels its calls.
func connectionLost(err error) bool {
	code := status.Code(err)
	return (code == codes.Unavailable || code == codes.Canceled) && errs.ReasonOf(errs.FromStatus(err)) == ""
}

// answered reports that the other program is there: it did something, or refused
// to. A deadline that passes says nothing about it.
func answered(err error) bool {
	return !unreachable(err) && (status.Code(err) != codes.DeadlineExceeded || errs.ReasonOf(errs.FromStatus(err)) != "")
}

// unreachable reports that the call did not reach the other program, or that its
// answer was lost.
func unreachable(err error) bool {
	return err != nil && (notSent(err) || connectionLost(err))
}

// isIdempotent reads in the contract whether the method, such as
// /douyin.user.v1.UserService/GetProfiles, may be called twice.
func isIdempotent(method string) bool {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return false
	}
	options, ok := found.Options().(*descriptorpb.MethodOptions)
	return ok && options.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
}
