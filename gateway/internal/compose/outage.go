package compose

import (
	"context"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// outagePause is the time after a call without an answer in which optional
	// calls to the same service are not sent, so that a request that makes several
	// waits once.
	outagePause = 500 * time.Millisecond

	// outageTimeout bounds the calls that find out whether the service answers
	// again.
	outageTimeout = 250 * time.Millisecond
)

// outage is what optional calls know about a service: whether it answers. Its
// zero value is a service that does.
type outage struct {
	mu     sync.Mutex
	lasts  bool
	nextAt time.Time // of the next call during an outage
}

// begin reports whether a call may be sent, and its timeout, 0 for the usual one.
func (o *outage) begin() (timeout time.Duration, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.lasts {
		return 0, true
	}
	return outageTimeout, !time.Now().Before(o.nextAt)
}

func (o *outage) end(answered bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lasts = !answered
	o.nextAt = time.Now().Add(outagePause)
}

// try makes an optional call. It does not wait for a program that restarts, and it
// fails at once shortly after a call without an answer.
func try[T any](ctx context.Context, o *outage, call func(context.Context) (T, error)) (T, error) {
	timeout, ok := o.begin()
	if !ok {
		var none T
		return none, errs.New(errs.Unavailable, "", "")
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if timeout > 0 {
		limited, cancel = context.WithTimeout(ctx, timeout)
	}
	defer cancel()
	answer, err := call(daprx.Impatient(limited))
	if ctx.Err() == nil { // otherwise the caller ended the call
		o.end(!unanswered(ctx, err))
	}
	return answer, err
}

// unanswered reports that a call failed and was not refused, and that its caller
// still waits.
func unanswered(ctx context.Context, err error) bool {
	return err != nil && errs.ReasonOf(err) == "" && ctx.Err() == nil
}
