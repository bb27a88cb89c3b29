package media

import (
	"errors"
	"fmt"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Failure ends a job because of the video itself.
type Failure struct {
	Reason string
	Detail error // for the log
}

// Fail makes a failure, with the detail for the log.
func Fail(reason, format string, args ...any) *Failure {
	return &Failure{Reason: reason, Detail: fmt.Errorf(format, args...)}
}

// Error is for logs.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %v", f.Reason, f.Detail) }

// Unwrap gives errors.Is and errors.As the detail.
func (f *Failure) Unwrap() error { return f.Detail }

// Stopped is the end of a program whose context ended first, with how much it had
// done until then.
type Stopped struct {
	CPU, Wall time.Duration
	Cause     error // why the context ended
}

// Error is for logs.
func (s *Stopped) Error() string {
	return fmt.Sprintf("stopped after %v, in which it had %v of a processor: %v", s.Wall.Round(time.Millisecond), s.CPU, s.Cause)
}

// Unwrap gives errors.Is and errors.As the cause.
func (s *Stopped) Unwrap() error { return s.Cause }

// Overtime is the error of work whose time is over: a failure of the source only
// where a program did work all the while. One that got no processor, or waited
// for a disk, says nothing of the source.
func Overtime(limit time.Duration, err error) error {
	var stopped *Stopped
	if errors.As(err, &stopped) && stopped.CPU >= stopped.Wall/2 {
		return Fail(videov1.FailureTooComplex, "after %v: %w", limit, err)
	}
	return fmt.Errorf("not done after %v: %w", limit, err)
}

// local marks an error of work on this machine, which the source may be the cause
// of although nothing says so.
type local struct{ err error }

func (l *local) Error() string { return l.err.Error() }
func (l *local) Unwrap() error { return l.err }

func markLocal(err error) error {
	if err == nil || reasonOf(err) != "" {
		return err
	}
	return &local{err}
}

// suspectedReason is the reason the video fails with if the error repeats: work
// that always fails would otherwise be repeated for ever, at full cost. It is ""
// for an outage of the store or of a sidecar, which may last for any time.
func suspectedReason(err error) string {
	var here *local
	switch {
	case reasonOf(err) == videov1.FailureSourceLost:
		return videov1.FailureSourceLost
	case errors.As(err, &here):
		return videov1.FailureTooComplex
	default:
		return ""
	}
}

// certain is the reason of a failure beyond doubt, or "". A lost source is not:
// an unmounted store reports every object as missing.
func certain(err error) string {
	if reason := reasonOf(err); reason != videov1.FailureSourceLost {
		return reason
	}
	return ""
}

// reasonOf is the reason of a failure in the chain of err, or "".
func reasonOf(err error) string {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure.Reason
	}
	return ""
}
