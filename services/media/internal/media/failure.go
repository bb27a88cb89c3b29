package media

import (
	"errors"
	"fmt"
)

// Why a video cannot be processed, in the words of the contract.
const (
	Unreadable = "VIDEO_UNREADABLE"
	NoPicture  = "VIDEO_NO_PICTURE"
	BadCodec   = "VIDEO_CODEC"
	Dimensions = "VIDEO_DIMENSIONS"
	TooLong    = "VIDEO_TOO_LONG"
	TooComplex = "VIDEO_TOO_COMPLEX"
	SourceLost = "VIDEO_SOURCE_LOST"
)

// Failure is the end of a job that is the video's own fault.
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

// reasonOf is the reason of a failure in the chain of err, or "".
func reasonOf(err error) string {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure.Reason
	}
	return ""
}
