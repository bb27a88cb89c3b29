package password

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// gate lets a few callers work at a time, a few more wait in the order in which
// they came, and refuses the rest at once: past that a login could only time
// out, and the memory of the hashes is bounded.
type limiter struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration
}

func newLimiter(concurrent, queue int, wait time.Duration) *limiter {
	return &limiter{slots: make(chan struct{}, concurrent), queue: int64(queue), wait: wait}
}

// enter takes a turn, which leave gives back. Whoever cannot have one before the
// deadline is told user.ErrBusy: nothing was done yet, so that the outcome is
// certain, unlike that of a timeout. A caller who went away gets its own error.
func (l *limiter) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return busyOrCancelled(err)
	}
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	if l.waiting.Add(1) > l.queue {
		l.waiting.Add(-1)
		return user.ErrBusy
	}
	defer l.waiting.Add(-1)
	timer := time.NewTimer(l.wait)
	defer timer.Stop()
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return user.ErrBusy
	case <-ctx.Done():
		return busyOrCancelled(ctx.Err())
	}
}

func (l *limiter) release() { <-l.slots }

func busyOrCancelled(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return user.ErrBusy.WithCause(err)
	}
	return err
}
