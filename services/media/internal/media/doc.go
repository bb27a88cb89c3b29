// Package media holds the rules of processing: how a worker gets a job, keeps
// it and gives it back, what a video may be, what becomes of it, and how it ends.
//
// A worker has no truth of its own. The video service hands out a job under a
// lease with the number of the attempt; whoever is silent for longer than the
// lease has lost it, and whatever it still says is refused. So:
//
//   - Nothing is written to the object store before it was reserved, and nothing
//     is removed here: the owner of the names does that.
//   - A worker that does not know whether its lease holds stops, at once.
//   - A video fails only for what it is. An outage, such as a store that is
//     down or a full disk, releases the job.
//   - All work is done on files in a folder of the job's own, which goes with it.
package media
