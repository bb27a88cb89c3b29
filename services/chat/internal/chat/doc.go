// Package chat implements the rules of conversations between two users.
//
//   - Each message gets a sequence number, 1, 2, 3 ... within its conversation,
//     and a time in milliseconds that strictly increases there, so that "newer
//     than" never skips a message.
//   - A request id makes sending idempotent: a repeated request does not send
//     the message twice.
//   - The phone polls. It appends every message of the answer, draws its own
//     messages itself, and sends as its position either the server's time of the
//     last message it received or, after it sent one, the time of its own clock.
//     Poll still makes each message appear exactly once; see poll.go.
//   - A policy decides who may write to whom: anyone, or friends only.
//
// It imports the standard library and platform/errs only.
package chat
