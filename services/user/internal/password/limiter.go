package password

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// limiter limits the number of concurrent callers. A bounded number of further
// callers waits in the order of arrival, and all others are refused immediately:
// they could only time out, and the memory of the hashes has to stay bounded.
type limiter struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration
}

func newLimiter(concurrent, queue int, wait time.Duration) *limiter {
	return &limiter{slots: make(chan struct{}, concurrent), queue: int64(queue), wait: wait}
}

// acquire takes a slot, which release gives back. Without a free slot before the
// deadline it returns user.ErrBusy: unlike a timeout, this says that nothing was
// done. A caller whose context was cancelled gets the error of the context.
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
