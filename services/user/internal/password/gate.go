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
type gate struct {
	turns   chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration
}

func newGate(concurrent, queue int, wait time.Duration) *gate {
	return &gate{turns: make(chan struct{}, concurrent), queue: int64(queue), wait: wait}
}

// enter takes a turn, which leave gives back. Whoever cannot have one before the
// deadline is told user.ErrBusy: nothing was done yet, so that the outcome is
// certain, unlike that of a timeout. A caller who went away gets its own error.
func (g *gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return refusal(err)
	}
	select {
	case g.turns <- struct{}{}:
		return nil
	default:
	}
	if g.waiting.Add(1) > g.queue {
		g.waiting.Add(-1)
		return user.ErrBusy
	}
	defer g.waiting.Add(-1)
	patience := time.NewTimer(g.wait)
	defer patience.Stop()
	select {
	case g.turns <- struct{}{}:
		return nil
	case <-patience.C:
		return user.ErrBusy
	case <-ctx.Done():
		return refusal(ctx.Err())
	}
}

func (g *gate) leave() { <-g.turns }

func refusal(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return user.ErrBusy.WithCause(err)
	}
	return err
}
