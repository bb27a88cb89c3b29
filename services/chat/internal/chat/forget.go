package chat

import (
	"context"
	"log/slog"
	"time"
)

const (
	// placeLife is how long a place is kept that nobody moves: as long as a
	// session may live. Its reader would start with the whole history again.
	placeLife = 90 * 24 * time.Hour

	forgetEvery   = time.Hour
	forgetTimeout = time.Minute
)

// Forgettable keeps places that grow old.
type Forgettable interface {
	// PrunePlaces forgets some of the places that were last moved before a
	// moment, and tells how many; 0 means that there are none left.
	PrunePlaces(ctx context.Context, before time.Time) (int64, error)
}

// RunForgetting forgets old places, once an hour, until ctx ends. Failures are
// logged; the next hour makes up for them. It returns nil.
func RunForgetting(ctx context.Context, places Forgettable, clock func() time.Time, log *slog.Logger) error {
	ticker := time.NewTicker(forgetEvery)
	defer ticker.Stop()
	for {
		if err := forget(ctx, places, clock().Add(-placeLife)); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "old places are not forgotten", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func forget(ctx context.Context, places Forgettable, before time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, forgetTimeout)
	defer cancel()
	for {
		if n, err := places.PrunePlaces(ctx, before); err != nil || n == 0 {
			return err
		}
	}
}
