package errs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// send transports a status as the network does: only its bytes arrive.
func send(t *testing.T, err error) error {
	t.Helper()
	sent, err := proto.Marshal(status.Convert(err).Proto())
	if err != nil {
		t.Fatal(err)
	}
	var received spb.Status
	if err := proto.Unmarshal(sent, &received); err != nil {
		t.Fatal(err)
	}
	return status.FromProto(&received).Err()
}

func TestWireRoundTrip(t *testing.T) {
	for code := errs.Internal; code <= errs.Timeout; code++ {
		t.Run(code.String(), func(t *testing.T) {
			refusal := &errs.Error{Code: code, Reason: "SOME_REASON", Message: "Words for the public. 中文", Op: "user.Register", Cause: errors.New("canary-cause")}
			sent := errs.ToStatus(fmt.Errorf("canary-context: %w", refusal))
			if strings.Contains(sent.Error(), "canary") {
				t.Errorf("internal detail on the wire: %v", sent)
			}
			got := errs.FromStatus(send(t, sent))
			var e *errs.Error
			if !errors.As(got, &e) {
				t.Fatalf("received a %T", got)
			}
			if e.Code != code || e.Reason != refusal.Reason || e.Message != refusal.Message {
				t.Errorf("received %+v", e)
			}
			if !errors.Is(got, refusal) {
				t.Error("the receiver does not recognise the refusal")
			}
		})
	}
}

func TestWireWithoutReason(t *testing.T) {
	for _, c := range []struct {
		err  error
		want errs.Code
	}{
		{errors.New("canary: Access denied for user"), errs.Internal},
		{fmt.Errorf("canary: %w", context.DeadlineExceeded), errs.Timeout},
		{fmt.Errorf("canary: %w", context.Canceled), errs.Unavailable},
		{errs.Wrap("canary.Op", errors.New("canary")), errs.Internal},
		{&errs.Error{Code: errs.Unavailable, Cause: errors.New("canary")}, errs.Unavailable},
	} {
		sent := errs.ToStatus(c.err)
		if strings.Contains(sent.Error(), "canary") {
			t.Errorf("internal detail on the wire: %v", sent)
		}
		got := errs.FromStatus(send(t, sent))
		if errs.CodeOf(got) != c.want || errs.ReasonOf(got) != "" {
			t.Errorf("%q arrives as %v %q, want %v", c.err, errs.CodeOf(got), errs.ReasonOf(got), c.want)
		}
	}
}

func TestWireNil(t *testing.T) {
	if err := errs.ToStatus(nil); err != nil {
		t.Errorf("ToStatus(nil) = %v", err)
	}
	if err := errs.FromStatus(nil); err != nil {
		t.Errorf("FromStatus(nil) = %v", err)
	}
}

// The text of a sidecar is never a message for the public.
func TestFromStatusOfASidecar(t *testing.T) {
	theirs, err := status.New(codes.Unavailable, "canary: app 10.0.0.7").WithDetails(
		&errdetails.ErrorInfo{Reason: "DAPR_STATE_NOT_FOUND", Domain: "dapr.io"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  error
		want errs.Code
	}{
		{theirs.Err(), errs.Unavailable},
		{status.Error(codes.Unavailable, "canary"), errs.Unavailable},
		{status.Error(codes.Aborted, "canary"), errs.Unavailable},
		{status.Error(codes.AlreadyExists, "canary"), errs.Conflict},
		{status.Error(codes.OutOfRange, "canary"), errs.Invalid},
		{status.Error(codes.Unimplemented, "canary"), errs.Internal},
		{status.Error(codes.Unknown, "canary"), errs.Internal},
		{errors.New("no status at all"), errs.Internal},
		{context.DeadlineExceeded, errs.Timeout},
		{context.Canceled, errs.Unavailable},
	} {
		var e *errs.Error
		if !errors.As(errs.FromStatus(c.err), &e) {
			t.Fatalf("%v is not decoded", c.err)
		}
		if e.Code != c.want || e.Message != "" || e.Reason != "" {
			t.Errorf("%v decodes to %+v, want %v and no public text", c.err, e, c.want)
		}
		if !errors.Is(e, c.err) {
			t.Errorf("%v is lost as the cause", c.err)
		}
	}
}
