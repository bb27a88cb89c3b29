package video

import (
	"context"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// DeleteVideo deletes a video of its author. When it returns, the video is in no
// list. A worker that processes the video loses the job. Repeating is success.
// Errors: ErrRequestInvalid, ErrVideoUnknown, ErrVideoForeign.
func (s *Service) DeleteVideo(ctx context.Context, videoID, authorID int64) error {
	const op = "video.DeleteVideo"
	if videoID <= 0 || authorID <= 0 {
		return errs.Wrap(op, ErrRequestInvalid)
	}
	owner, err := s.authorOf(ctx, videoID)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if owner != authorID {
		return errs.Wrap(op, ErrVideoForeign)
	}
	// A repeated call invalidates again: the program may have died in the first one.
	err = s.Hot.Change(ctx, authorID, func(ctx context.Context) error {
		err := s.Lifecycles.UpdateLifecycle(ctx, videoID, func(c *Lifecycle) error {
			s.remove(c)
			return nil
		})
		if errors.Is(err, ErrVideoUnknown) { // deleted before
			return nil
		}
		return err
	})
	return errs.Wrap(op, err)
}

// authorOf returns the author of a video, even if the video is deleted. The author
// never changes.
func (s *Service) authorOf(ctx context.Context, videoID int64) (int64, error) {
	found, err := s.Videos.ByIDs(ctx, []int64{videoID})
	if err != nil {
		return 0, err
	}
	if len(found) > 0 {
		return found[0].AuthorID, nil
	}
	return s.Lifecycles.DeletedOf(ctx, videoID)
}

// remove deletes a video. The objects of its result are removed at once, those of a
// running attempt when the worker can no longer write.
func (s *Service) remove(c *Lifecycle) {
	finished := c.Video.State == StateReady
	c.discard(c.NowMs, func(o Outputs) bool { return finished && o.Attempt == c.Video.Attempt })
	c.discard(s.graceEnds(c), func(Outputs) bool { return true })
	if c.Video.State != StateFailed { // of a failed video it is removed already
		c.remove(c.NowMs, c.Video.Source.Extent())
	}
	c.Job = nil
	c.DeletedAtMs = c.NowMs
	c.publish(EventDeleted)
}
