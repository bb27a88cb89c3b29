// Package user holds the rules about accounts: who may be called what, how a
// password proves who somebody is, and what others may know of them. It speaks
// to rows, hashes and hot documents through the ports of service.go and imports
// neither a database nor Dapr.
//
// What always holds:
//
//   - Two users never have the same name key (name.go), so no two names look
//     the same. The schema decides, not a check before the insert.
//   - A user exists together with exactly one credential; registering writes
//     both and the first session in one transaction, or nothing.
//   - A password is in no row, log or error. Only its hash is stored.
//   - Whether a name exists cannot be told from a login: answer and work are
//     those of a wrong password.
//   - A new session leaves the older ones alone.
package user
