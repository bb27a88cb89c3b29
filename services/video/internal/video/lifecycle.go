package video

import "slices"

// Lifecycle is a video with its job, outputs and removals: the input and the
// output of every decision about it.
type Lifecycle struct {
	Video   Video
	Job     *Job      // nil: no work is left
	Outputs []Outputs // of the attempt that made the current files, and of the running one
	NowMs   int64     // time of the store, Unix milliseconds; read only

	Removals    []Removal // to add
	Event       Event     // to publish; 0: none
	DeletedAtMs int64     // Unix milliseconds; above 0 the row is replaced by a tombstone
}

// Job is the work on one video, queued or claimed by a worker.
type Job struct {
	Attempt         int64  // the running one, or the last; counts from 1, 0: not claimed yet
	Tries           int    // claims that ended without a report, and the running one
	Releases        int    // how often in a row it was released
	SuspectedReason string // the failure that the video is suspected to cause; empty: not suspected
	SuspectCount    int    // how often in a row it was released for that reason
	Held            bool   // claimed by a worker, which may have died
	Progress        int    // percent
	DueAtMs         int64  // Unix milliseconds; claimable from then on. While held, the end of the lease
}

// Outputs names the objects that an attempt writes.
type Outputs struct {
	Attempt int64
	Layout  Layout
	Extents []Extent
}

// Removal names objects to delete.
type Removal struct {
	ID      int64
	VideoID int64
	Layout  Layout
	Extents []Extent
	DueAtMs int64 // Unix milliseconds; not before that
}

// Event is a change of a video that the service publishes.
type Event int

// The events.
const (
	EventUploaded Event = iota + 1
	EventReady
	EventFailed
	EventDeleted
)

// publish sets the event of this change, at most one, and raises the version.
func (c *Lifecycle) publish(e Event) {
	c.Event = e
	c.Video.Version++
}

// heldBy reports whether an attempt holds the job. It does until another attempt
// claims it: a lease that ended a moment ago does not void finished work.
func (c *Lifecycle) heldBy(attempt int64) bool {
	return c.Job != nil && c.Job.Held && c.Job.Attempt == attempt
}

// failedIn reports whether an attempt ended with the failure of the video.
func (c *Lifecycle) failedIn(attempt int64, reason string) bool {
	v := c.Video
	return v.State == StateFailed && v.Attempt == attempt && v.FailureReason == reason
}

// outputsOf returns the outputs of an attempt, or nil if it reserved none.
func (c *Lifecycle) outputsOf(attempt int64) *Outputs {
	i := slices.IndexFunc(c.Outputs, func(o Outputs) bool { return o.Attempt == attempt })
	if i < 0 {
		return nil
	}
	return &c.Outputs[i]
}

// discard turns unwanted outputs into removals.
func (c *Lifecycle) discard(dueMs int64, unwanted func(Outputs) bool) {
	c.Outputs = slices.DeleteFunc(slices.Clone(c.Outputs), func(o Outputs) bool {
		if !unwanted(o) {
			return false
		}
		c.remove(dueMs, o.Extents...)
		return true
	})
}

// discardAttempt turns the outputs of one attempt into a removal.
func (c *Lifecycle) discardAttempt(dueMs, attempt int64) {
	c.discard(dueMs, func(o Outputs) bool { return o.Attempt == attempt })
}

func (c *Lifecycle) remove(dueMs int64, extents ...Extent) {
	if len(extents) == 0 {
		return
	}
	c.Removals = append(c.Removals, Removal{
		VideoID: c.Video.ID, Layout: c.Video.Source.Layout, Extents: extents, DueAtMs: dueMs,
	})
}

// graceEnds is the time after which the current worker can no longer write: its
// context ends with its lease, and pending writes end within the grace.
func (s *Service) graceEnds(c *Lifecycle) int64 {
	from := c.NowMs
	if c.Job != nil && c.Job.Held {
		from = max(from, c.Job.DueAtMs)
	}
	return from + s.limits.Grace.Milliseconds()
}
