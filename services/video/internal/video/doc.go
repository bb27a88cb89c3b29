// Package video holds the rules about uploads, videos, the work on them and the
// feed: who may upload how much, when bytes become a video, who works on it and
// what becomes of that, in which order videos are shown, and what happens to
// bytes that nobody has a use for. It speaks to rows, objects and other services
// through the ports of ports.go and imports neither a database nor Dapr.
//
// What always holds:
//
//   - Whatever was written into the object store belongs to a row: an upload, a
//     video, the outputs of an attempt, or a removal. The row is there before the
//     first byte and goes only after the last one, so a crash leaves work for the
//     sweeper, never an orphan.
//   - An upload ends in exactly one way: it becomes a video, or it is removed.
//     Both lock its row, so that the second to come finds it gone.
//   - No two videos have the same publish time, and no two the same moment at
//     which they were first shown, so that paging by either neither skips nor
//     repeats one. A tie moves the later one on by a millisecond.
//   - A video has one result. A job is held by one attempt at a time, each has a
//     number of its own and a folder of its own, and what a lost one says is
//     refused. Its objects are removed when it can write no more.
//   - A video that is ready stays ready until it is deleted, also while it is
//     processed again and when that fails.
//   - The works counter of an author equals the number of their ready videos at
//     every commit: both change in one transaction.
//   - Committing the same object again is success and changes nothing, and so is
//     finishing, failing, giving back and deleting again.
package video
