// Package media holds the rules of processing: claiming, renewing and releasing
// a job, accepting a source, planning its outputs, and reporting the result.
//
// A worker keeps no state of its own. The video service assigns a job under a
// lease, with the number of the attempt. A worker that does not renew the lease
// loses the job, and its later calls are refused. So:
//
//   - A worker reserves objects before it writes them. It deletes none: the
//     video service does that.
//   - A worker stops at once if its lease may have ended.
//   - A video fails only because of its source. An outage, such as a store that
//     is down or a full disk, releases the job.
//   - A job works on files in a folder of its own, which is deleted at its end.
package media
