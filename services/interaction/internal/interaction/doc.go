// Package interaction implements the rules of likes and comments.
//
//   - A like is a state, not an action. Setting it to the state it already has
//     succeeds and changes nothing.
//   - Only videos that are ready take likes and comments. When a video is
//     deleted its likes and comments end, as if their users had ended them.
//   - Only the writer can delete a comment, and has to name its video.
//   - At every commit each count equals the number of its rows: the store changes
//     both in one transaction, together with the event.
//
// It imports the standard library and platform/errs only.
package interaction
