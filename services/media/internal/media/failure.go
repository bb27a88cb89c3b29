package media

import (
	"errors"
	"fmt"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Failure is an error that the source caused. It fails the video.
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

// Stopped reports that a program was killed because its context ended.
type Stopped struct {
	CPU, Wall time.Duration // that it used, and that passed
	Cause     error         // of the end of the context
}

// Error is for logs.
func (s *Stopped) Error() string {
	return fmt.Sprintf("stopped after %v and %v of CPU time: %v", s.Wall.Round(time.Millisecond), s.CPU, s.Cause)
}

// Unwrap gives errors.Is and errors.As the cause.
func (s *Stopped) Unwrap() error { return s.Cause }

// Overtime is the error of work that took too long. It is a Failure only if the
// program used the CPU for at least half of the time: a program that waited for a
// processor or a disk proves nothing about the source.
func Overtime(limit time.Duration, err error) error {
	var stopped *Stopped
	if errors.As(err, &stopped) && stopped.CPU >= stopped.Wall/2 {
		return Fail(videov1.FailureTooComplex, "after %v: %w", limit, err)
	}
	return fmt.Errorf("not done after %v: %w", limit, err)
}

// local marks an error of work on this machine, whose cause may be the source.
type local struct{ err error }

func (l *local) Error() string { return l.err.Error() }
func (l *local) Unwrap() error { return l.err }

func markLocal(err error) error {
	if err == nil || reasonOf(err) != "" {
		return err
	}
	return &local{err}
}

// suspectedReason is the reason with which the video fails if the error repeats.
// Without it, work that always fails would be repeated for ever at full cost. It
// is "" for an outage of the store or of a sidecar, which may last for any time.
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

// certain is the reason of a failure that is certain, or "". A lost source is not
// certain: an unmounted store reports every object as missing.
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
