// Package video holds the rules about uploads, videos, processing jobs and the
// feed: who may upload how much, when an upload becomes a video, who processes it,
// in which order videos are shown, and when objects are deleted. It reaches rows,
// objects and other services through the ports of ports.go, and imports neither a
// database nor Dapr.
//
// Invariants:
//
//   - Every object in the object store belongs to a row: an upload, a video, the
//     outputs of an attempt, or a removal. The row exists before the first byte is
//     written and is deleted after the last byte, so a crash leaves work for the
//     sweeper and never an orphan.
//   - An upload ends in exactly one way: it becomes a video, or it is removed. Both
//     lock its row, so the second one finds it gone.
//   - Publish times are unique among videos, and so are the times at which videos
//     were first shown. So paging by either neither skips nor repeats a video. In a
//     tie the later video moves on by a millisecond.
//   - A video has one result. One attempt at a time holds the job. Each attempt has
//     its own number and its own folder, and calls of a lost attempt are refused. Its
//     objects are removed once it can no longer write.
//   - A ready video stays ready until it is deleted, even while it is processed again
//     and if that fails.
//   - The works counter of an author equals the number of their ready videos at every
//     commit: both change in one transaction.
//   - Repeating a commit with the same object succeeds and changes nothing. The same
//     holds for finishing, failing, releasing and deleting.
package video
