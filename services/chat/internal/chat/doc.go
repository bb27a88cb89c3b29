// Package chat knows the rules of conversations between two users.
//
//   - A message is committed with a number, 1, 2, 3 ... within its conversation,
//     and a time in milliseconds that strictly increases there, so that "newer
//     than" never skips one.
//   - Sending again with the same request id sends nothing again.
//   - The phone polls: it appends whatever comes back, shows its own messages by
//     itself, and tells as its place either the server's time of a message it
//     received or, after a message of its own, its own clock. Poll makes each
//     message appear once all the same; see poll.go.
//   - Who may write to whom is a policy: anyone, or friends only.
//
// It imports the standard library and platform/errs only.
package chat
