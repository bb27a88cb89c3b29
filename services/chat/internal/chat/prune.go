package chat

import (
	"context"
	"log/slog"
	"time"
)

const (
	// positionLifetime is how long a delivery position is kept without an
	// update: as long as a session may live. Without a position the reader
	// continues from the time that the phone sends.
	positionLifetime = 90 * 24 * time.Hour

	pruneInterval = time.Hour
	pruneTimeout  = time.Minute
)

// PositionPruner deletes old delivery positions.
type PositionPruner interface {
	// PruneDeliveryPositions deletes some of the positions that were last
	// updated before a time. It returns how many; 0 means that none are left.
	PruneDeliveryPositions(ctx context.Context, before time.Time) (int64, error)
}

// RunPruning deletes old delivery positions once an hour until ctx ends. It logs
// failures and tries again an hour later. It returns nil.
func RunPruning(ctx context.Context, positions PositionPruner, clock func() time.Time, log *slog.Logger) error {
	ticker := time.NewTicker(pruneInterval)
	defer ticker.Stop()
	for {
		if err := prune(ctx, positions, clock().Add(-positionLifetime)); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "deleting old delivery positions failed", slog.String("error", err.Error()))
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
