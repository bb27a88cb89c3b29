package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/latency"
)

// OpenResult is the result of Open.
type OpenResult struct {
	Result
	// Behind is how late requests were sent, because all connections were busy or
	// the generator woke up late. It is part of Latency.
	Behind *latency.Histogram
}

// Open sends requests at a rate per second, whether earlier ones were answered or
// not, as far as there are connections. Every request has an intended time, and its
// latency counts from there, so a server that stalls is charged for every request
// that should have been sent meanwhile.
func Open(ctx context.Context, o Options, rate float64) OpenResult {
	workers := make([]*worker, len(o.Sources))
	behind := make([]*latency.Histogram, len(o.Sources))
	start := time.Now()
	total := int64(rate * (o.Warmup + o.Duration).Seconds())
	begin := start.Add(o.Warmup)
	var next atomic.Int64
	var group sync.WaitGroup
	for i, source := range o.Sources {
		w := newWorker(&o, source)
		workers[i], behind[i] = w, latency.New()
		group.Go(func() {
			defer w.conn.Close()
			for ctx.Err() == nil {
				n := next.Add(1) - 1
				if n >= total {
					return
				}
				w.open(ctx, start.Add(Intended(n, rate)), begin, behind[i])
			}
		})
	}
	if o.Warm != nil {
		pause(ctx, time.Until(begin))
		o.Warm()
	}
	group.Wait()
	r := OpenResult{Result: merge(workers, o.Duration), Behind: latency.New()}
	for _, h := range behind {
		r.Behind.Merge(h)
	}
	return r
}

// Intended is the time at which request n should be sent, counted from the start.
func Intended(n int64, rate float64) time.Duration {
	return time.Duration(float64(n) / rate * float64(time.Second))
}

func (w *worker) open(ctx context.Context, intended, begin time.Time, behind *latency.Histogram) {
	if wait := time.Until(intended); wait > 0 {
		pause(ctx, wait)
	}
	sent := time.Now()
	ok, ended := w.once(ctx)
	if intended.Before(begin) {
		return
	}
	behind.Record(sent.Sub(intended))
	if ok {
		w.requests++
		w.latency.Record(ended.Sub(intended))
	}
}
