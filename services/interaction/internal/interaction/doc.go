// Package interaction knows the rules of likes and comments.
//
//   - A like is a state, not an action: asking for the state that is there
//     already is success and moves nothing.
//   - Likes and comments are of videos that are ready. Those of a video that was
//     deleted end with it, as if their users had ended them.
//   - Only the writer of a comment deletes it, naming the video it is of.
//   - Every count equals its set at every commit: the store moves both in one
//     transaction, together with the event that tells of it.
//
// It imports the standard library and platform/errs only.
package interaction
