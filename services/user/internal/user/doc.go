// Package user implements the rules of accounts: names, passwords, sessions and
// public profiles. It uses rows, hashes and hot documents through the ports of
// service.go and imports neither a database nor Dapr.
//
// Invariants:
//
//   - No two users have the same name key (name.go), so no two names look the
//     same. The unique key of the table decides, not a check before the insert.
//   - Each user has exactly one credential. A registration writes the user, the
//     credential and the first session in one transaction.
//   - Passwords never appear in rows, logs or errors. Only hashes are stored.
//   - A login does not reveal whether a name exists: with an unknown name the
//     answer and the work are those of a wrong password.
//   - A new session does not end older sessions.
package user
