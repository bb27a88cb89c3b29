// Package errs is the one error type that crosses process borders. A service
// returns an Error with a code, a stable reason and a sentence for the public;
// interceptors carry it over gRPC (wire.go), and the gateway turns it into an
// answer for the phone in one table. Errors of any other type are internal:
// their text is logged and never sent.
package errs

import (
	"context"
	"errors"
	"fmt"
)

// Code says what kind of refusal an error is; it decides about retries and
// about the public status.
type Code int

// The kinds of error that may cross RPC.
const (
	Internal        Code = iota // a fault of ours; details stay inside
	Invalid                     // the request can never succeed as it is
	Unauthenticated             // who is asking is not known
	Forbidden                   // who is asking may not
	NotFound                    // what was named does not exist
	Conflict                    // what is to be made exists already, or the state forbids it
	Exhausted                   // a limit was reached; later may be better
	Unavailable                 // a part is down; the same call may succeed soon
	Timeout                     // the deadline passed; the outcome is unknown
)

// Error is a refusal or a failure with all that its three readers need: code
// and reason for programs, message for the public, cause for the log.
type Error struct {
	Code    Code
	Reason  string // stable, upper case with underscores, as NAME_TAKEN
	Message string // for the public; empty for Internal
	Op      string // the operation that failed, as "user.Register"
	Cause   error  // for the log only
}

// New makes a refusal. The message is shown to users: no detail of ours in it.
func New(code Code, reason, message string) *Error {
	return &Error{Code: code, Reason: reason, Message: message}
}

// Wrap names the operation that failed and keeps what the error already says of
// itself. An error that is not an Error becomes Internal, or Timeout or
// Unavailable where the context package tells so. Wrap(op, nil) is nil.
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

// WithCause returns a copy of the refusal that remembers why it was made.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Error is for logs: it may hold internal detail.
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

// Unwrap gives errors.Is and errors.As the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes two refusals with the same reason equal, so that a caller can
// compare what came over the wire with a value of its own.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason != "" && t.Reason == e.Reason
}

// CodeOf is the code of err: Internal for one that is no Error.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return foreignCode(err)
}

// ReasonOf is the stable reason of err, or "".
func ReasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// String is the code's name in logs and metrics.
func (c Code) String() string {
	names := [...]string{"internal", "invalid", "unauthenticated", "forbidden", "not_found", "conflict", "exhausted", "unavailable", "timeout"}
	if c < 0 || int(c) >= len(names) {
		return "internal"
	}
	return names[c]
}
