// Package prune deletes rows that nobody needs any longer.
package prune

import (
	"context"
	"log/slog"
	"time"

	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

const (
	// SessionLifetime is how long a session is kept: longer than the 90 days of
	// its token.
	SessionLifetime = 100 * 24 * time.Hour

	interval = time.Hour
	timeout  = 5 * time.Minute
)

// Rows deletes old rows, in batches that hold few locks.
type Rows interface {
	// Sessions deletes the sessions that were created before a time.
	Sessions(ctx context.Context, before time.Time) error
	// TakenBack deletes the activities that were taken back before a time, except
	// the newest one of each user.
	TakenBack(ctx context.Context, before time.Time) error
	// LongLists deletes the activities of each user that occurred before a time,
	// except the newest activity.MaxKept.
	LongLists(ctx context.Context, before time.Time) error
}

// Run deletes old rows once an hour until ctx ends. It logs failures and tries
// again an hour later. It returns nil.
func Run(ctx context.Context, rows Rows, clock func() time.Time, log *slog.Logger) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		once(ctx, rows, clock(), log)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func once(ctx context.Context, rows Rows, now time.Time, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for _, task := range []struct {
		what   string
		age    time.Duration
		delete func(context.Context, time.Time) error
	}{
		{"sessions", SessionLifetime, rows.Sessions},
		{"activities that were taken back", activity.Retention, rows.TakenBack},
		{"activities of long lists", activity.Retention, rows.LongLists},
	} {
		if err := task.delete(ctx, now.Add(-task.age)); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "deleting old rows failed", slog.String("rows", task.what), slog.String("error", err.Error()))
		}
	}
}
