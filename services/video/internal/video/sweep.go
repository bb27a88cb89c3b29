package video

import (
	"context"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// claimBatch is the number of uploads per claim, and of failed videos per query.
	claimBatch = 20
	// discardTimeout bounds the removal of one upload's parts.
	discardTimeout = 30 * time.Second
	// claimLease is the time until claimed uploads are due again. It is longer than
	// a whole batch may take, so another sweeper claims them only if the first one
	// died or failed.
	claimLease = claimBatch*discardTimeout + time.Minute
	// removalTimeout bounds one removal of up to thousands of parts. removalLease is
	// the time until a claimed removal is due again.
	removalTimeout = 10 * time.Minute
	removalLease   = removalTimeout + time.Minute
	// maxFailures ends a round of removals: after that many the object store is
	// most likely down.
	maxFailures = 3
)

// Swept counts the results of a sweep.
type Swept struct {
	Uploads  int // that were not committed
	Removals int // of unused objects
	Failed   int // videos, deleted because they failed long ago
}

// Sweep removes every upload that is due (expired, or aborted a while ago), deletes
// the videos that failed long ago, and carries out every removal that is due. If an
// object cannot be deleted now, its row is due again when the claim ends.
func (s *Service) Sweep(ctx context.Context) (Swept, error) {
	var swept Swept
	var uploads, failed, removals error
	swept.Uploads, uploads = s.sweepUploads(ctx)
	swept.Failed, failed = s.sweepFailed(ctx)
	swept.Removals, removals = s.sweepRemovals(ctx)
	return swept, errs.Wrap("video.Sweep", errors.Join(uploads, failed, removals))
}

func (s *Service) sweepUploads(ctx context.Context) (int, error) {
	removed := 0
	var failures []error
	for ctx.Err() == nil {
		claimed, err := s.Uploads.Claim(ctx, claimLease, claimBatch)
		if err != nil {
			return removed, errors.Join(append(failures, err)...)
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
	return removed, errors.Join(failures...)
}

// discard removes the parts of an aborting upload, and then its row. In the other
// order a crash would leave orphans.
func (s *Service) discard(ctx context.Context, u Upload) error {
	ctx, cancel := context.WithTimeout(ctx, discardTimeout)
	defer cancel()
	if err := s.Objects.Remove(ctx, u.Layout, u.Extent()); err != nil {
		return err
	}
	return s.Uploads.Remove(ctx, u.VideoID)
}

// sweepFailed deletes the videos that failed long ago.
func (s *Service) sweepFailed(ctx context.Context) (int, error) {
	deleted := 0
	for ctx.Err() == nil {
		ids, err := s.Lifecycles.FailedLongAgo(ctx, s.limits.FailedKept, claimBatch)
		if err != nil {
			return deleted, err
		}
		for _, id := range ids {
			err := s.Lifecycles.UpdateLifecycle(ctx, id, func(c *Lifecycle) error {
				s.remove(c)
				return nil
			})
			switch {
			case err == nil:
				deleted++
			case !errors.Is(err, ErrVideoUnknown): // unknown: another sweeper or the author deleted it
				return deleted, err
			}
		}
		if len(ids) < claimBatch {
			break
		}
	}
	return deleted, nil
}

func (s *Service) sweepRemovals(ctx context.Context) (int, error) {
	removed := 0
	var failures []error
	for ctx.Err() == nil && len(failures) < maxFailures {
		r, found, err := s.Removals.ClaimRemoval(ctx, removalLease)
		if err != nil {
			return removed, errors.Join(append(failures, err)...)
		}
		if !found {
			break
		}
		if err := s.carryOut(ctx, r); err != nil {
			failures = append(failures, err)
			continue
		}
		removed++
	}
	return removed, errors.Join(failures...)
}

// carryOut removes objects, and then their row. In the other order a crash would
// leave orphans.
func (s *Service) carryOut(ctx context.Context, r Removal) error {
	ctx, cancel := context.WithTimeout(ctx, removalTimeout)
	defer cancel()
	if err := s.Objects.Remove(ctx, r.Layout, r.Extents...); err != nil {
		return err
	}
	return s.Removals.EndRemoval(ctx, r.ID)
}

// RunSweeper sweeps at the start and at every interval until ctx ends. Every replica
// may run it: claims keep them apart.
func (s *Service) RunSweeper(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		swept, err := s.Sweep(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "sweep failed", "error", err)
		}
		if swept != (Swept{}) {
			s.Log.InfoContext(ctx, "swept", "unfinished_uploads", swept.Uploads, "removals", swept.Removals, "failed_videos", swept.Failed)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
