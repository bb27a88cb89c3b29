package video

import (
	"context"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// claimBatch is how many uploads one claim takes.
	claimBatch = 20
	// discardTimeout bounds the removal of one upload's parts.
	discardTimeout = 30 * time.Second
	// claimLease is how long a claim keeps others away. It is longer than a
	// whole batch may take, so that a second sweeper comes only after the first
	// has died or failed.
	claimLease = claimBatch*discardTimeout + time.Minute
)

// Sweep removes every upload that is due: expired ones, and aborted ones a while
// after their abort. It returns how many are gone. An upload whose
// parts cannot be removed now comes up again when its claim ends.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	const op = "video.Sweep"
	removed := 0
	var failures []error
	for ctx.Err() == nil {
		now := s.Clock()
		claimed, err := s.Uploads.Claim(ctx, now.UnixMilli(), now.Add(claimLease).UnixMilli(), claimBatch)
		if err != nil {
			return removed, errs.Wrap(op, errors.Join(append(failures, err)...))
		}
		for _, u := range claimed {
			if err := s.discard(ctx, u); err != nil {
				failures = append(failures, err)
				continue
			}
			removed++
		}
		if len(claimed) < claimBatch {
			break
		}
	}
	return removed, errs.Wrap(op, errors.Join(failures...))
}

// discard removes the parts of an aborting upload and then its row, never the
// other way round.
func (s *Service) discard(ctx context.Context, u Upload) error {
	ctx, cancel := context.WithTimeout(ctx, discardTimeout)
	defer cancel()
	if err := s.Objects.Remove(ctx, u.ObjectKey, u.Parts()); err != nil {
		return err
	}
	return s.Uploads.Remove(ctx, u.VideoID)
}

// RunSweeper sweeps once at the start and then at every interval, until ctx
// ends. Any number of replicas may do so: a claim is theirs alone.
func (s *Service) RunSweeper(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		removed, err := s.Sweep(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "sweeping uploads failed", "error", err)
		}
		if removed > 0 {
			s.Log.InfoContext(ctx, "swept uploads that were never finished", "uploads", removed)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
