package video

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// The pause before a job that was given back comes up again: it doubles with
// each time in a row.
const (
	firstPause   = 2 * time.Second
	longestPause = time.Minute
)

// Assignment is a job as a worker is given it.
type Assignment struct {
	VideoID      int64
	Attempt      int64
	Source       Object
	OutputPrefix string        // what the keys of all objects begin with that it may write
	PartSize     int64         // bytes of one part of them
	Lease        time.Duration // from now on
}

// ClaimJob hands out the job that has been due for the longest time; false:
// there is none. A claim that ends without a word counts; after JobTries of them
// in all the video has failed.
func (s *Service) ClaimJob(ctx context.Context) (Assignment, bool, error) {
	for {
		var a *Assignment
		found, err := s.Cases.ChangeDue(ctx, s.nowMs(), func(c *Case) error {
			a = s.claim(c)
			return nil
		})
		if err != nil || !found {
			return Assignment{}, false, errs.Wrap("video.ClaimJob", err)
		}
		if a != nil {
			return *a, true, nil
		}
	}
}

// claim begins the next attempt, or answers nil: there were too many.
func (s *Service) claim(c *Case) *Assignment {
	if c.Job.Held { // and silent for longer than its lease
		c.discardAttempt(s.graceEnds(c), c.Job.Attempt)
		c.Job.Releases = 0
		c.Job.suspect("")
	}
	if c.Job.Tries >= s.limits.JobTries {
		s.fail(c, FailureWorkersDied)
		return nil
	}
	c.Job.Attempt++
	c.Job.Tries++
	c.Job.Held = true
	c.Job.Progress = 0
	c.Job.DueAtMs = s.leaseEnds()
	if c.Video.State == StateUploaded {
		c.Video.State = StateProcessing
	}
	return &Assignment{
		VideoID: c.Video.ID, Attempt: c.Job.Attempt, Source: c.Video.Source,
		OutputPrefix: outputPrefix(c.Video.ID, c.Job.Attempt),
		PartSize:     s.limits.PartSize, Lease: s.limits.JobLease,
	}
}

func (s *Service) leaseEnds() int64 { return s.Clock().Add(s.limits.JobLease).UnixMilli() }

// RenewJob extends the lease of a job, and answers how long it is now.
// Errors: ErrRequestInvalid, ErrJobLost.
func (s *Service) RenewJob(ctx context.Context, videoID, attempt int64, progress int) (time.Duration, error) {
	const op = "video.RenewJob"
	if progress < 0 || progress > 100 {
		return 0, errs.Wrap(op, ErrRequestInvalid)
	}
	if err := s.Cases.Renew(ctx, videoID, attempt, s.leaseEnds(), progress); err != nil {
		return 0, errs.Wrap(op, err)
	}
	return s.limits.JobLease, nil
}

// ReserveOutputs stores the names of all objects that an attempt is about to
// write. It may be repeated, not changed.
// Errors: ErrJobLost, ErrOutputsInvalid.
func (s *Service) ReserveOutputs(ctx context.Context, videoID, attempt int64, named []Extent) error {
	return s.changeJob(ctx, "video.ReserveOutputs", videoID, func(c *Case) error {
		if !c.heldBy(attempt) {
			return ErrJobLost
		}
		layout := c.Video.Source.Layout
		extents, err := checkOutputs(outputPrefix(videoID, attempt), layout, named)
		if err != nil {
			return err
		}
		if reserved := c.outputsOf(attempt); reserved != nil {
			if !slices.Equal(reserved.Extents, extents) {
				return ErrOutputsInvalid
			}
			return nil
		}
		c.Outputs = append(c.Outputs, Outputs{Attempt: attempt, Layout: layout, Extents: extents})
		return nil
	})
}

// FailJob says that nothing can be made of a video. One that is ready already
// stays as it is. A repetition is success.
// Errors: ErrRequestInvalid, ErrJobLost.
func (s *Service) FailJob(ctx context.Context, videoID, attempt int64, reason string) error {
	const op = "video.FailJob"
	if !slices.Contains(Failures(), reason) {
		return errs.Wrap(op, ErrRequestInvalid)
	}
	return s.changeJob(ctx, op, videoID, func(c *Case) error {
		if c.failedIn(attempt, reason) {
			return nil
		}
		if !c.heldBy(attempt) {
			return ErrJobLost
		}
		s.fail(c, reason)
		return nil
	})
}

// fail ends the job of a video of which nothing can be made.
func (s *Service) fail(c *Case, reason string) {
	c.discardAttempt(s.graceEnds(c), c.Job.Attempt)
	if v := &c.Video; v.State != StateReady {
		v.State, v.FailureReason, v.FailedAtMs, v.Attempt = StateFailed, reason, s.nowMs(), c.Job.Attempt
		c.remove(s.nowMs(), v.Source.Extent()) // nobody writes to it any more
		c.tell(EventFailed)
	}
	c.Job = nil
}

// ReleaseJob gives a job back that could not be done. suspicion is why, where
// the video may be the cause, and else empty: trouble of others has no end, but
// a video that is suspected too often has failed. A repetition is success.
// Errors: ErrRequestInvalid, ErrJobLost.
func (s *Service) ReleaseJob(ctx context.Context, videoID, attempt int64, suspicion string) error {
	const op = "video.ReleaseJob"
	if suspicion != "" && !slices.Contains(Failures(), suspicion) {
		return errs.Wrap(op, ErrRequestInvalid)
	}
	return s.changeJob(ctx, op, videoID, func(c *Case) error {
		if j := c.Job; j != nil && !j.Held && j.Attempt == attempt && attempt > 0 || c.failedIn(attempt, suspicion) {
			return nil
		}
		if !c.heldBy(attempt) {
			return ErrJobLost
		}
		if c.Job.suspect(suspicion); suspicion != "" && c.Job.Suspicions >= maxSuspicions(suspicion) {
			s.fail(c, suspicion)
			return nil
		}
		c.discardAttempt(s.graceEnds(c), attempt)
		c.Job.Held = false
		c.Job.Progress = 0
		c.Job.Tries--
		c.Job.Releases++
		c.Job.DueAtMs = s.Clock().Add(pause(c.Job.Releases)).UnixMilli()
		return nil
	})
}

// maxSuspicions is how many of them in a row are a failure. What has failed is
// gone, and a disk may be full for a while: with the pauses between them they take
// a quarter of an hour. A store that is not mounted says of everything that it has
// it not, and to ask it costs nothing: it has three hours.
func maxSuspicions(reason string) int {
	if reason == FailureSourceLost {
		return 200
	}
	return 20
}

// suspect counts why a job is given back; trouble of others begins a new count.
func (j *Job) suspect(reason string) {
	if reason != j.Suspicion {
		j.Suspicion, j.Suspicions = reason, 0
	}
	if reason != "" {
		j.Suspicions++
	}
}

// pause is how long a job rests that was given back for the nth time in a row.
func pause(n int) time.Duration {
	p := firstPause
	for range n - 1 {
		if p *= 2; p >= longestPause {
			return longestPause
		}
	}
	return p
}

// changeJob changes a case for a worker, to whom a video that is gone is a job
// that is lost.
func (s *Service) changeJob(ctx context.Context, op string, videoID int64, change func(*Case) error) error {
	err := s.Cases.ChangeCase(ctx, videoID, change)
	if errors.Is(err, ErrVideoUnknown) {
		err = ErrJobLost
	}
	return errs.Wrap(op, err)
}
