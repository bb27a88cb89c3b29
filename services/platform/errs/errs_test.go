package errs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

func TestWrapKeepsCodeReasonAndMessage(t *testing.T) {
	refusal := errs.New(errs.Conflict, "KEY_TAKEN", "The name is taken.")
	wrapped := errs.Wrap("user.Register", fmt.Errorf("insert: %w", refusal))

	var e *errs.Error
	if !errors.As(wrapped, &e) {
		t.Fatalf("Wrap returned a %T", wrapped)
	}
	if e.Code != errs.Conflict || e.Reason != "KEY_TAKEN" || e.Message != "The name is taken." || e.Op != "user.Register" {
		t.Errorf("Wrap = %+v", e)
	}
	if !errors.Is(wrapped, refusal) {
		t.Error("the wrapped refusal is not recognised")
	}
}

func TestWrapOfForeignErrors(t *testing.T) {
	if err := errs.Wrap("op", nil); err != nil {
		t.Errorf("Wrap(nil) = %v", err)
	}
	for _, c := range []struct {
		err  error
		want errs.Code
	}{
		{errors.New("disk on fire"), errs.Internal},
		{context.DeadlineExceeded, errs.Timeout},
		{fmt.Errorf("query: %w", context.DeadlineExceeded), errs.Timeout},
		{context.Canceled, errs.Unavailable},
	} {
		wrapped := errs.Wrap("op", c.err)
		if got := errs.CodeOf(wrapped); got != c.want {
			t.Errorf("code of wrapped %q = %v, want %v", c.err, got, c.want)
		}
		if got := errs.CodeOf(c.err); got != c.want {
			t.Errorf("code of bare %q = %v, want %v", c.err, got, c.want)
		}
		if !errors.Is(wrapped, c.err) {
			t.Errorf("%q is lost as a cause", c.err)
		}
	}
}

func TestIsComparesReasonsOnly(t *testing.T) {
	a := errs.New(errs.NotFound, "KEY_UNKNOWN", "No such user.")
	if !errors.Is(a, errs.New(errs.NotFound, "KEY_UNKNOWN", "other words")) {
		t.Error("equal reasons are different refusals")
	}
	if errors.Is(a, errs.New(errs.NotFound, "ROW_UNKNOWN", "No such user.")) {
		t.Error("different reasons are the same refusal")
	}
	none := errs.New(errs.Internal, "", "")
	if errors.Is(none, errs.New(errs.Internal, "", "")) {
		t.Error("two faults without a reason are equal")
	}
}

func TestReasonOf(t *testing.T) {
	if got := errs.ReasonOf(fmt.Errorf("x: %w", errs.New(errs.Invalid, "KEY_INVALID", ""))); got != "KEY_INVALID" {
		t.Errorf("ReasonOf = %q", got)
	}
	if got := errs.ReasonOf(errors.New("x")); got != "" {
		t.Errorf("ReasonOf a foreign error = %q", got)
	}
}

func TestWithCauseDoesNotChangeTheOriginal(t *testing.T) {
	refusal := errs.New(errs.Conflict, "KEY_TAKEN", "")
	cause := errors.New("duplicate entry")
	if !errors.Is(refusal.WithCause(cause), cause) {
		t.Error("the copy has no cause")
	}
	if refusal.Cause != nil {
		t.Error("the original changed")
	}
}

func TestErrorTextIsForLogs(t *testing.T) {
	err := errs.Wrap("video.Feed", errors.New("connection refused"))
	for _, part := range []string{"video.Feed", "internal", "connection refused"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	if got := errs.Code(99).String(); got != "internal" {
		t.Errorf("unknown code is called %q", got)
	}
}
