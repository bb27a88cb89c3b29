// Package video holds the rules about uploads, videos and the feed: who may
// upload how much, when bytes become a video, in which order videos are shown,
// and what happens to bytes that never become one. It speaks to rows, objects
// and other services through the ports of service.go and imports neither a
// database nor Dapr.
//
// What always holds:
//
//   - Whatever was written into the object store belongs to a row: an upload
//     that is open, one that is being removed, or a video. A row goes only after
//     its parts are gone, so a crash leaves work for the sweeper, never an
//     orphan.
//   - An upload ends in exactly one way: it becomes a video, or it is removed.
//     Both lock its row, so that the second to come finds it gone.
//   - No two videos have the same publish time, so that paging by it neither
//     skips nor repeats one. A tie moves the later one on by a millisecond.
//   - The works counter of an author equals the number of their videos at every
//     commit: both change in one transaction.
//   - Committing the same object again is success and changes nothing.
package video
