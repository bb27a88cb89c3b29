package video

import "slices"

// Case is a video with all that hangs on it: what a decision about it is made
// from, and made in.
type Case struct {
	Video   Video
	Job     *Job      // nil: nobody has to work on it
	Outputs []Outputs // of the attempt whose result the video has, and of the present one

	Removals    []Removal // to be added
	Event       Event     // to be told; 0: none
	DeletedAtMs int64     // Unix milliseconds; above 0 the video goes, and leaves this behind
}

// Job is the work on one video that waits for a worker, or that a worker has.
type Job struct {
	Attempt    int64  // the present one, or the last; counts from 1, 0: there was none yet
	Tries      int    // claims that ended without a word, and the present one
	Releases   int    // how often in a row it was given back
	Suspicion  string // a failure that the video is suspected of; empty: it is not
	Suspicions int    // how often in a row it was given back because of that
	Held       bool   // a worker has it, or died with it
	Progress   int    // percent
	DueAtMs    int64  // Unix milliseconds; from then on it may be claimed. While held, the end of the lease
}

// Outputs names the objects that an attempt is going to write or has written.
type Outputs struct {
	Attempt int64
	Layout  Layout
	Extents []Extent
}

// Removal names objects that are to be removed.
type Removal struct {
	ID      int64
	VideoID int64
	Layout  Layout
	Extents []Extent
	DueAtMs int64 // Unix milliseconds; not before that
}

// Event is what happened to a video, for others to hear.
type Event int

// The events.
const (
	EventUploaded Event = iota + 1
	EventReady
	EventFailed
	EventDeleted
)

// tell makes an event part of the case: one at most.
func (c *Case) tell(e Event) {
	c.Event = e
	c.Video.Version++
}

// heldBy tells whether an attempt has the job. It does so until another claims
// it: a lease that is over by a moment costs nobody a finished work.
func (c *Case) heldBy(attempt int64) bool {
	return c.Job != nil && c.Job.Held && c.Job.Attempt == attempt
}

// failedIn tells whether an attempt has ended with the failure of the video.
func (c *Case) failedIn(attempt int64, reason string) bool {
	v := c.Video
	return v.State == StateFailed && v.Attempt == attempt && v.FailureReason == reason
}

// outputsOf finds the outputs of an attempt; nil: it has reserved none.
func (c *Case) outputsOf(attempt int64) *Outputs {
	i := slices.IndexFunc(c.Outputs, func(o Outputs) bool { return o.Attempt == attempt })
	if i < 0 {
		return nil
	}
	return &c.Outputs[i]
}

// discard makes removals of the outputs that are not wanted.
func (c *Case) discard(dueMs int64, unwanted func(Outputs) bool) {
	c.Outputs = slices.DeleteFunc(slices.Clone(c.Outputs), func(o Outputs) bool {
		if !unwanted(o) {
			return false
		}
		c.remove(dueMs, o.Extents...)
		return true
	})
}

// discardAttempt makes a removal of the outputs of one attempt.
func (c *Case) discardAttempt(dueMs, attempt int64) {
	c.discard(dueMs, func(o Outputs) bool { return o.Attempt == attempt })
}

func (c *Case) remove(dueMs int64, extents ...Extent) {
	if len(extents) == 0 {
		return
	}
	c.Removals = append(c.Removals, Removal{
		VideoID: c.Video.ID, Layout: c.Video.Source.Layout, Extents: extents, DueAtMs: dueMs,
	})
}

// graceEnds is when nothing can be written any more by who has the job now: its
// context ends with its lease, and what was on its way then is done, or given
// up, within the grace.
func (s *Service) graceEnds(c *Case) int64 {
	from := s.nowMs()
	if c.Job != nil && c.Job.Held {
		from = max(from, c.Job.DueAtMs)
	}
	return from + s.limits.Grace.Milliseconds()
}
