package interaction

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// reconcileBatch is how many videos one step asks for.
	reconcileBatch = 500
	// reconcileTimeout bounds one step.
	reconcileTimeout = 10 * time.Second
)

// VideoOwner is the video service, which owns the videos.
type VideoOwner interface {
	// Missing returns those of at most MaxIDs videos that were deleted.
	Missing(ctx context.Context, videoIDs []int64) ([]int64, error)
}

// RunReconciler makes a step at every interval until ctx ends, and starts over at
// the end of the videos. It finds deleted videos whose event was lost or discarded.
// It returns nil.
func (p *Purger) RunReconciler(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for after := int64(0); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		next, found, err := p.Reconcile(ctx, after)
		if err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, "search for deleted videos failed", "error", err)
		}
		if found > 0 {
			p.Log.WarnContext(ctx, "deleted videos found whose event did not arrive", "videos", found)
		}
		after = next
	}
}

// Reconcile asks the owner about the next videos after an id that have likes or
// comments here, and treats those that were deleted as if their event had arrived.
// It returns where the next step continues, 0 at the end, and the number of deleted
// videos. After a failure the next step is the same one.
func (p *Purger) Reconcile(ctx context.Context, afterID int64) (next int64, found int, err error) {
	const op = "interaction.Reconcile"
	ctx, cancel := context.WithTimeout(ctx, reconcileTimeout)
	defer cancel()
	counted, err := p.Purges.Counted(ctx, afterID, reconcileBatch)
	if err != nil || len(counted) == 0 {
		return 0, 0, errs.Wrap(op, err)
	}
	missing, err := p.Owner.Missing(ctx, counted)
	if err != nil {
		return afterID, 0, errs.Wrap(op, err)
	}
	for _, id := range missing {
		if err := p.VideoDeleted(ctx, id); err != nil {
			return afterID, found, errs.Wrap(op, err)
		}
		found++
	}
	if len(counted) < reconcileBatch {
		return 0, found, nil
	}
	return counted[len(counted)-1], found, nil
}
