// Package relation knows the rules of follows and friends.
//
//   - Following is a state, not an action: asking for the state that is there
//     already is success and moves nothing.
//   - Nobody follows themselves, and nobody follows a user who does not exist.
//   - A friend is somebody who follows back.
//   - Every count equals its set at every commit: the store moves both in one
//     transaction, together with the event that tells of it.
//
// It imports the standard library and platform/errs only.
package relation
