// Package relation implements the rules of follows and friends.
//
//   - A follow is a state, not an action. Setting it to the state it already has
//     succeeds and changes nothing.
//   - Users cannot follow themselves or a user who does not exist.
//   - Two users who follow each other are friends.
//   - At every commit each count equals the number of its rows: the store changes
//     both in one transaction, together with the event.
//
// It imports the standard library and platform/errs only.
package relation
