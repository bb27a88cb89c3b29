package daprx_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// A failure between the programs is never reported to users as their mistake or as a
// limit they reached.
func TestFailuresInBetweenAreNotRefusals(t *testing.T) {
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		t.Run(code.String(), func(t *testing.T) {
			want := errs.Internal
			switch code {
			case codes.Unavailable, codes.Canceled, codes.Aborted, codes.Unknown:
				want = errs.Unavailable
			case codes.DeadlineExceeded:
				want = errs.Timeout
			}
			address, _ := scripted(t, status.Error(code, "from a sidecar"))
			err := dial(t, daprx.Options{Address: address}).Peer(callee).
				Invoke(t.Context(), spendMethod, new(emptypb.Empty), new(emptypb.Empty))
			if errs.CodeOf(err) != want {
				t.Errorf("%v became %v, want %v", code, errs.CodeOf(err), want)
			}
		})
	}
}

func TestRefusalsOfTheOtherProgramAreKept(t *testing.T) {
	for _, code := range []errs.Code{errs.Invalid, errs.Unauthenticated, errs.Forbidden, errs.NotFound, errs.Conflict, errs.Exhausted, errs.Unavailable} {
		refusal := errs.New(code, "ITS_RULE", "its words")
		address, _ := scripted(t, errs.ToStatus(refusal))
		err := dial(t, daprx.Options{Address: address}).Peer(callee).
			Invoke(t.Context(), spendMethod, new(emptypb.Empty), new(emptypb.Empty))
		if errs.CodeOf(err) != code || errs.ReasonOf(err) != "ITS_RULE" {
			t.Errorf("%v became %v", refusal, err)
		}
	}
}
