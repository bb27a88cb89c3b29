package chat

import (
	"context"
	"log/slog"
	"time"
)

const (
	// positionLifetime is how long a place is kept that nobody moves: as long as a
	// session may live. Its reader would start with the whole history again.
	positionLifetime = 90 * 24 * time.Hour

	pruneInterval = time.Hour
	pruneTimeout  = time.Minute
)

// PositionPruner keeps places that grow old.
type PositionPruner interface {
	// PruneDeliveryPositions forgets some of the places that were last moved before a
	// moment, and tells how many; 0 means that there are none left.
	PruneDeliveryPositions(ctx context.Context, before time.Time) (int64, error)
}

// RunPruning forgets old places, once an hour, until ctx ends. Failures are
// logged; the next hour makes up for them. It returns nil.
func RunPruning(ctx context.Context, positions PositionPruner, clock func() time.Time, log *slog.Logger) error {
	ticker := time.NewTicker(pruneInterval)
	defer ticker.Stop()
	for {
		if err := prune(ctx, positions, clock().Add(-positionLifetime)); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "old positions are not forgotten", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func prune(ctx context.Context, positions PositionPruner, before time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, pruneTimeout)
	defer cancel()
	for {
		if n, err := positions.PruneDeliveryPositions(ctx, before); err != nil || n == 0 {
			return err
		}
	}
}
