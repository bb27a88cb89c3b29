package video

import (
	"context"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// DeleteVideo takes a video of its author's out of every list; it is in none any
// more when this returns. A worker that is busy with it learns so when it speaks
// next. Repeating it is success.
// Errors: ErrRequestInvalid, ErrVideoUnknown, ErrVideoForeign.
func (s *Service) DeleteVideo(ctx context.Context, videoID, authorID int64) error {
	const op = "video.DeleteVideo"
	if videoID <= 0 || authorID <= 0 {
		return errs.Wrap(op, ErrRequestInvalid)
	}
	err := s.Lifecycles.UpdateLifecycle(ctx, videoID, func(c *Lifecycle) error {
		if c.Video.AuthorID != authorID {
			return ErrVideoForeign
		}
		s.remove(c)
		return nil
	})
	if errors.Is(err, ErrVideoUnknown) {
		err = s.deletedBefore(ctx, videoID, authorID)
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	// A repetition gets here too: the first call may have died before this.
	s.Hot.Changed(ctx, authorID)
	return nil
}

// deletedBefore answers for a video that is not there: its author may have
// deleted it.
func (s *Service) deletedBefore(ctx context.Context, videoID, authorID int64) error {
	of, err := s.Lifecycles.DeletedOf(ctx, videoID)
	if err != nil {
		return err
	}
	if of != authorID {
		return ErrVideoForeign
	}
	return nil
}

// remove ends a video. What is finished can go at once; what a worker may still
// write has to wait until it cannot.
func (s *Service) remove(c *Lifecycle) {
	finished := c.Video.State == StateReady
	c.discard(s.nowMs(), func(o Outputs) bool { return finished && o.Attempt == c.Video.Attempt })
	c.discard(s.graceEnds(c), func(Outputs) bool { return true })
	if c.Video.State != StateFailed { // then it is removed already
		c.remove(s.nowMs(), c.Video.Source.Extent())
	}
	c.Job = nil
	c.DeletedAtMs = s.nowMs()
	c.publish(EventDeleted)
}
