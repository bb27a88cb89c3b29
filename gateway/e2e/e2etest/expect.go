//go:build e2e

package e2etest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// Must ends the test if a call failed. A refusal is not a failure.
func Must[R any](r R, err error) func(testing.TB) R {
	return func(t testing.TB) R {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// Accepted ends the test if a request was refused.
func Accepted(t testing.TB, r client.Response) {
	t.Helper()
	if s := r.GetStatus(); s.Code != client.CodeOK {
		t.Fatalf("refused with %d %q", s.Code, s.Message)
	}
}

// Refused ends the test if a request was accepted.
func Refused(t testing.TB, r client.Response) {
	t.Helper()
	if r.GetStatus().Code == client.CodeOK {
		t.Fatal("accepted, want a refusal")
	}
}

// RefusedWith ends the test unless a request was refused with a code. A request
// with a second fault is refused as well, so the code shows which fault was found.
func RefusedWith(t testing.TB, code client.Code, r client.Response) {
	t.Helper()
	if s := r.GetStatus(); s.Code != code {
		t.Fatalf("status %d %q, want %d", s.Code, s.Message, code)
	}
}

// Acknowledged returns an error if a call failed or was refused.
func Acknowledged(r client.Response, err error) error {
	_, err = client.Accepted(r, err)
	return err
}

// Repeated changes a like or a follow, and repeats the change while the gateway says
// that the stack is too busy or too slow for it, as it asks a phone to. It is for
// scenarios about the result of simultaneous changes: how many a machine carries is
// measured elsewhere.
func Repeated(ctx context.Context, change action, token string, id int64, set bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := Acknowledged(change(ctx, token, id, set))
		var refusal *client.Refusal
		if !errors.As(err, &refusal) || !slices.Contains([]client.Code{client.CodeUnavailable, client.CodeTimeout, client.CodeBusy}, refusal.Code) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(PollInterval):
		}
	}
}

// IsRefusal reports whether an error of Acknowledged is a refusal: HTTP 200, the
// right shape, a code and a message. The phone shows any other error as a network
// fault.
func IsRefusal(err error) bool {
	var refusal *client.Refusal
	return errors.As(err, &refusal)
}

// missingError reports something that a scenario needs and does not have.
type missingError struct{ text string }

func (e *missingError) Error() string { return e.text }

func missing(format string, args ...any) error {
	return &missingError{fmt.Sprintf(format, args...)}
}

// infraRequired reports whether a missing part of the test environment is a
// failure.
func infraRequired() bool { return os.Getenv("REQUIRE_INFRA") == "1" }

// need ends the test on an error. Without something it needs the test is skipped,
// unless the environment has to be complete.
func need(t testing.TB, err error) {
	t.Helper()
	var lacks *missingError
	switch {
	case err == nil:
	case errors.As(err, &lacks) && !infraRequired():
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}
