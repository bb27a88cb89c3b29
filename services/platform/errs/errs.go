// Package errs defines the error type that crosses process borders. A service
// returns an Error with a code, a stable reason and a sentence for the public;
// interceptors carry it over gRPC (wire.go), and the gateway maps it to the
// phone's answer in one table. Errors of any other type are internal: their text
// is logged and never sent.
package errs

import (
	"context"
	"errors"
	"fmt"
)

// Code is the kind of an error; it decides about retries and the public status.
type Code int

// The kinds of error that may cross RPC.
const (
	Internal        Code = iota // an internal fault; details stay inside
	Invalid                     // the request can never succeed
	Unauthenticated             // the caller is unknown
	Forbidden                   // the caller is not allowed to do this
	NotFound                    // the named thing does not exist
	Conflict                    // it already exists, or the state forbids the change
	Exhausted                   // a limit was reached; a later call may succeed
	Unavailable                 // a part is down; the same call may succeed soon
	Timeout                     // the deadline passed; the outcome is unknown
)

// Error is a refusal or a failure. Code and reason are for programs, the message
// is for the public, the cause for the log.
type Error struct {
	Code    Code
	Reason  string // stable, upper case with underscores, such as NAME_TAKEN
	Message string // for the public; empty for Internal
	Op      string // the operation that failed, such as "user.Register"
	Cause   error  // for the log only
}

// New returns a refusal. The message is shown to users, so it must not contain
// internal details.
func New(code Code, reason, message string) *Error {
	return &Error{Code: code, Reason: reason, Message: message}
}

// Wrap names the failed operation and keeps code, reason and message of an Error.
// Any other error becomes Internal, except context.DeadlineExceeded, which
// becomes Timeout, and context.Canceled, which becomes Unavailable. Wrap(op, nil)
// is nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return &Error{Code: e.Code, Reason: e.Reason, Message: e.Message, Op: op, Cause: err}
	}
	return &Error{Code: foreignCode(err), Op: op, Cause: err}
}

func foreignCode(err error) Code {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, context.Canceled):
		return Unavailable
	default:
		return Internal
	}
}

// WithCause returns a copy of the refusal with a cause.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Error returns a text for logs, which may contain internal details.
func (e *Error) Error() string {
	text := e.Reason
	if text == "" {
		text = e.Code.String()
	}
	if e.Op != "" {
		text = e.Op + ": " + text
	}
	if e.Cause != nil {
		text = fmt.Sprintf("%s: %v", text, e.Cause)
	}
	return text
}

// Unwrap returns the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes two refusals with the same reason equal, so a caller can compare an
// error from the wire with its own value.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason != "" && t.Reason == e.Reason
}

// CodeOf returns the code of err; for an error of another type, the code that
// Wrap would give it.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return foreignCode(err)
}

// ReasonOf returns the stable reason of err, or "".
func ReasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// String returns the code's name in logs and metrics.
func (c Code) String() string {
	names := [...]string{"internal", "invalid", "unauthenticated", "forbidden", "not_found", "conflict", "exhausted", "unavailable", "timeout"}
	if c < 0 || int(c) >= len(names) {
		return "internal"
	}
	return names[c]
}
