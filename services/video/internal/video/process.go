package video

import (
	"context"
	"errors"
	"slices"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// A released job is due again after a pause, which doubles with each release in a
// row.
const (
	firstPause   = 2 * time.Second
	longestPause = time.Minute
)

// Assignment is a job as a worker receives it.
type Assignment struct {
	VideoID      int64
	Attempt      int64
	Source       Object
	OutputPrefix string        // prefix of the keys that the attempt may write
	PartSize     int64         // bytes of one part of its outputs
	Lease        time.Duration // from now on
}

// ClaimJob assigns the job that has been due the longest, or returns false if none
// is due. A claim that ends without a report counts as a try. After JobTries of them
// the video fails.
func (s *Service) ClaimJob(ctx context.Context) (Assignment, bool, error) {
	for {
		var a *Assignment
		found, err := s.Lifecycles.UpdateNextDue(ctx, func(c *Lifecycle) error {
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

// claim begins the next attempt, or returns nil after too many.
func (s *Service) claim(c *Lifecycle) *Assignment {
	if c.Job.Held { // its lease ended without a report
		c.discardAttempt(s.graceEnds(c), c.Job.Attempt)
		c.Job.Releases = 0
		c.Job.setSuspected("")
	}
	if c.Job.Tries >= s.limits.JobTries {
		s.fail(c, videov1.FailureWorkersDied)
		return nil
	}
	c.Job.Attempt++
	c.Job.Tries++
	c.Job.Held = true
	c.Job.Progress = 0
	c.Job.DueAtMs = c.NowMs + s.limits.JobLease.Milliseconds()
	if c.Video.State == StateUploaded {
		c.Video.State = StateProcessing
	}
	return &Assignment{
		VideoID: c.Video.ID, Attempt: c.Job.Attempt, Source: c.Video.Source,
		OutputPrefix: outputPrefix(c.Video.ID, c.Job.Attempt),
		PartSize:     s.limits.PartSize, Lease: s.limits.JobLease,
	}
}

// RenewJob extends the lease of a job and returns its duration from now.
// Errors: ErrRequestInvalid, ErrJobLost.
func (s *Service) RenewJob(ctx context.Context, videoID, attempt int64, progress int) (time.Duration, error) {
	const op = "video.RenewJob"
	if progress < 0 || progress > 100 {
		return 0, errs.Wrap(op, ErrRequestInvalid)
	}
	if err := s.Lifecycles.Renew(ctx, videoID, attempt, s.limits.JobLease, progress); err != nil {
		return 0, errs.Wrap(op, err)
	}
	return s.limits.JobLease, nil
}

// ReserveOutputs stores the keys of all objects that an attempt is going to write.
// It may be repeated with the same keys.
// Errors: ErrJobLost, ErrOutputsInvalid.
func (s *Service) ReserveOutputs(ctx context.Context, videoID, attempt int64, named []Extent) error {
	return s.changeJob(ctx, "video.ReserveOutputs", videoID, func(c *Lifecycle) error {
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

// FailJob ends a job with the failure of the video. A ready video stays ready.
// Repeating is success.
// Errors: ErrRequestInvalid, ErrJobLost.
func (s *Service) FailJob(ctx context.Context, videoID, attempt int64, reason string) error {
	const op = "video.FailJob"
	if !slices.Contains(videov1.Failures(), reason) {
		return errs.Wrap(op, ErrRequestInvalid)
	}
	return s.changeJob(ctx, op, videoID, func(c *Lifecycle) error {
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

// fail ends a job with the failure of its video.
func (s *Service) fail(c *Lifecycle, reason string) {
	c.discardAttempt(s.graceEnds(c), c.Job.Attempt)
	if v := &c.Video; v.State != StateReady {
		v.State, v.FailureReason, v.FailedAtMs, v.Attempt = StateFailed, reason, c.NowMs, c.Job.Attempt
		c.remove(c.NowMs, v.Source.Extent()) // its upload has ended
		c.publish(EventFailed)
	}
	c.Job = nil
}

// ReleaseJob releases a job that could not be finished. suspected is the reason if
// the video may be the cause, else empty: an outage may last for any time, but a
// video that is suspected too often fails. Repeating is success.
// Errors: ErrRequestInvalid, ErrJobLost.
func (s *Service) ReleaseJob(ctx context.Context, videoID, attempt int64, suspected string) error {
	const op = "video.ReleaseJob"
	if suspected != "" && !slices.Contains(videov1.Failures(), suspected) {
		return errs.Wrap(op, ErrRequestInvalid)
	}
	return s.changeJob(ctx, op, videoID, func(c *Lifecycle) error {
		if j := c.Job; j != nil && !j.Held && j.Attempt == attempt && attempt > 0 || c.failedIn(attempt, suspected) {
			return nil
		}
		if !c.heldBy(attempt) {
			return ErrJobLost
		}
		if c.Job.setSuspected(suspected); suspected != "" && c.Job.SuspectCount >= maxSuspectCount(suspected) {
			s.fail(c, suspected)
			return nil
		}
		c.discardAttempt(s.graceEnds(c), attempt)
		c.Job.Held = false
		c.Job.Progress = 0
		c.Job.Tries--
		c.Job.Releases++
		c.Job.DueAtMs = c.NowMs + pause(c.Job.Releases).Milliseconds()
		return nil
	})
}

// maxSuspectCount is how many suspected releases in a row fail the video. A failed
// video loses its source, and a disk may be full for a while: with their pauses,
// twenty releases take a quarter of an hour. An unmounted store reports every
// object as missing, and asking it is cheap: a lost source gets three hours.
func maxSuspectCount(reason string) int {
	if reason == videov1.FailureSourceLost {
		return 200
	}
	return 20
}

// setSuspected counts releases for one reason in a row; another reason, or none,
// begins a new count.
func (j *Job) setSuspected(reason string) {
	if reason != j.SuspectedReason {
		j.SuspectedReason, j.SuspectCount = reason, 0
	}
	if reason != "" {
		j.SuspectCount++
	}
}

// pause is how long a job waits after its nth release in a row.
func pause(n int) time.Duration {
	p := firstPause
	for range n - 1 {
		if p *= 2; p >= longestPause {
			return longestPause
		}
	}
	return p
}

// changeJob is UpdateLifecycle for a worker. For a worker a deleted video is a lost
// job.
func (s *Service) changeJob(ctx context.Context, op string, videoID int64, change func(*Lifecycle) error) error {
	err := s.Lifecycles.UpdateLifecycle(ctx, videoID, change)
	if errors.Is(err, ErrVideoUnknown) {
		err = ErrJobLost
	}
	return errs.Wrap(op, err)
}
