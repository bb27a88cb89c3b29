package daprx_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
)

// errRefused is the error of a call that was not sent.
func errRefused() error {
	return status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"`)
}

// app is a program that is down until a moment.
type app struct {
	up       time.Time // zero: never
	attempts atomic.Int64
}

func (a *app) send() error {
	a.attempts.Add(1)
	if a.up.IsZero() || time.Now().Before(a.up) {
		return errRefused()
	}
	return nil
}

type retry func(ctx context.Context, method string, err error, send func() error) error

// call makes a call that may not be repeated once it was sent, and returns how
// long it took.
func (r retry) call(ctx context.Context, a *app) (time.Duration, error) {
	start := time.Now()
	err := a.send()
	if err != nil {
		err = r(ctx, spendMethod, err, a.send)
	}
	return time.Since(start), err
}

func TestCallsWaitForAnAppThatRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &app{up: time.Now().Add(2500 * time.Millisecond)}
		took, err := retry(daprx.NewRetry()).call(t.Context(), a)
		if err != nil || took > 2900*time.Millisecond {
			t.Errorf("%v after %v, want success soon after 2.5 s", err, took)
		}
	})
}

func TestPatienceIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &app{}
		took, err := retry(daprx.NewRetry()).call(t.Context(), a)
		if status.Code(err) != codes.Unavailable || took < 2500*time.Millisecond || took > 3*time.Second {
			t.Errorf("%v after %v, want Unavailable after some 3 s", err, took)
		}
		if n := a.attempts.Load(); n < 15 || n > 35 {
			t.Errorf("%d attempts in %v", n, took)
		}
	})
}

// A caller that can do without the answer does not wait for a restart.
func TestImpatientCallsFailSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &app{}
		took, err := retry(daprx.NewRetry()).call(daprx.Impatient(t.Context()), a)
		if status.Code(err) != codes.Unavailable || took > 350*time.Millisecond {
			t.Errorf("%v after %v, want Unavailable after a third of a second", err, took)
		}
		if n := a.attempts.Load(); n != 10 {
			t.Errorf("%d attempts, want those that find another replica", n)
		}
	})
}

// A call returns before its deadline, so that "did not reach the program" does
// not become "may have reached it".
func TestRetriesLeaveTimeBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, limit := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond, time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			took, err := retry(daprx.NewRetry()).call(ctx, &app{})
			if err == nil || ctx.Err() != nil || limit > 50*time.Millisecond && limit-took < 50*time.Millisecond {
				t.Errorf("%v after %v of %v", err, took, limit)
			}
			cancel()
		}
	})
}

func TestCallsOfACallerThatLeftEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if took, err := retry(daprx.NewRetry()).call(ctx, &app{}); err == nil || took != time.Second {
			t.Errorf("%v after %v, want the end of the caller", err, took)
		}
	})
}

// Calls to an app that stays down fail after their quick retries. Once it has
// answered, calls wait for it again.
func TestLongOutageFailsFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, a := retry(daprx.NewRetry()), &app{}
		start := time.Now()
		for time.Since(start) < 11*time.Second {
			if _, err := r.call(t.Context(), a); err == nil {
				t.Fatal("the app is down")
			}
		}
		if took, err := r.call(t.Context(), a); err == nil || took > 400*time.Millisecond {
			t.Errorf("%v after %v in a long outage", err, took)
		}
		a.up = time.Now().Add(100 * time.Millisecond)
		if _, err := r.call(t.Context(), a); err != nil {
			t.Errorf("the app is back: %v", err)
		}
		a.up = time.Time{}
		if took, err := r.call(t.Context(), a); err == nil || took < 2500*time.Millisecond {
			t.Errorf("%v after %v in a new outage", err, took)
		}
	})
}

// A call that runs into its deadline does not show that the app is back: a long
// outage stays one, and calls go on failing fast.
func TestATimeoutDoesNotEndAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, a := retry(daprx.NewRetry()), &app{}
		start := time.Now()
		for time.Since(start) < 11*time.Second {
			if _, err := r.call(t.Context(), a); err == nil {
				t.Fatal("the app is down")
			}
		}
		timedOut := status.Error(codes.DeadlineExceeded, "context deadline exceeded")
		if err := r(t.Context(), spendMethod, errRefused(), func() error { return timedOut }); !errors.Is(err, timedOut) {
			t.Fatalf("%v, want the timeout", err)
		}
		if took, err := r.call(t.Context(), a); err == nil || took > 400*time.Millisecond {
			t.Errorf("%v after %v: the outage has not ended", err, took)
		}
	})
}

// Failures far apart do not prove that the app was down all the time.
func TestRareFailuresAreDifferentOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := retry(daprx.NewRetry())
		for range 3 {
			if took, err := r.call(t.Context(), &app{}); err == nil || took < 2500*time.Millisecond {
				t.Errorf("%v after %v", err, took)
			}
			time.Sleep(time.Minute)
		}
	})
}

// Only some calls wait, so that an app that comes back is not overrun and its
// callers do not pile up.
func TestFewCallsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, a := retry(daprx.NewRetry()), &app{}
		const calls = 500
		var waited atomic.Int64
		var running sync.WaitGroup
		for range calls {
			running.Go(func() {
				took, err := r.call(t.Context(), a)
				if err == nil {
					t.Error("the app is down")
				}
				if took > 400*time.Millisecond {
					waited.Add(1)
				}
			})
		}
		running.Wait()
		if n := waited.Load(); n != 64 {
			t.Errorf("%d of %d calls waited, want 64", n, calls)
		}
		if took, err := r.call(t.Context(), a); err == nil || took < 2*time.Second {
			t.Errorf("%v after %v: the others do not wait any more", err, took)
		}
	})
}

// A call that was sent during its retries is not repeated.
func TestRetriesEndWhenTheCallWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := status.Error(codes.Unavailable, "error reading from server: EOF")
		attempts := 0
		err := daprx.NewRetry()(t.Context(), spendMethod, errRefused(), func() error {
			if attempts++; attempts == 15 {
				return broken
			}
			return errRefused()
		})
		if !errors.Is(err, broken) || attempts != 15 {
			t.Errorf("%v after %d attempts", err, attempts)
		}
	})
}
