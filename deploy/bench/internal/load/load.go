package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/latency"
)

// Source makes the requests of one connection and checks their answers. One
// goroutine uses it.
type Source interface {
	// Next returns the next request. It is valid until the following call.
	Next() []byte
	// Check returns an error if the body is a wrong answer to the last request.
	Check(body []byte) error
}

// Options of a run.
type Options struct {
	Addr    string   // host:port
	Sources []Source // one per connection
	Timeout time.Duration
	// Warmup comes before Duration. Its requests are not recorded.
	Warmup, Duration time.Duration
	// Warm is called at the end of the warm-up, while requests continue; nil: not
	// called.
	Warm func()
	// Done counts all answered requests, those of the warm-up included; nil: not
	// counted.
	Done *atomic.Int64
}

// Result of a run.
type Result struct {
	Requests int64   // correct answers within the duration
	Rate     float64 // correct answers per second
	Latency  *latency.Histogram
	Errors   map[string]int64 // by kind
	Examples []string         // of errors, at most one per kind
}

// The kinds of errors.
const (
	KindTimeout   = "timeout"
	KindTransport = "transport"
	KindStatus    = "http"  // an HTTP status other than 200
	KindAnswer    = "wrong" // a refusal or a wrong answer
)

// Failed is how many requests failed.
func (r Result) Failed() int64 {
	var failed int64
	for _, n := range r.Errors {
		failed += n
	}
	return failed
}

// errorPause keeps a connection from trying a dead server in a tight loop.
const errorPause = 20 * time.Millisecond

// worker drives one connection.
type worker struct {
	conn    *Conn
	source  Source
	options *Options

	requests int64
	latency  *latency.Histogram
	errors   map[string]int64
	examples map[string]string
}

func newWorker(o *Options, source Source) *worker {
	return &worker{
		conn: NewConn(o.Addr, o.Timeout), source: source, options: o, latency: latency.New(),
		errors: map[string]int64{}, examples: map[string]string{},
	}
}

// once sends one request, checks the answer and returns whether it is correct. The
// end of the context is not the server's fault and no error.
func (w *worker) once(ctx context.Context) (ok bool, ended time.Time) {
	status, body, err := w.conn.Do(ctx, w.source.Next())
	ended = time.Now()
	kind := KindAnswer
	switch {
	case err == nil && status == http.StatusOK:
		err = w.source.Check(body)
	case err == nil:
		kind, err = KindStatus, fmt.Errorf("HTTP status %d, body %.200q", status, body)
	case errors.Is(err, ErrTimeout):
		kind = KindTimeout
	default:
		kind = KindTransport
	}
	if w.options.Done != nil {
		w.options.Done.Add(1)
	}
	if err == nil {
		return true, ended
	}
	if ctx.Err() != nil {
		return false, ended
	}
	w.errors[kind]++
	if _, known := w.examples[kind]; !known {
		w.examples[kind] = err.Error()
	}
	if kind == KindTransport {
		pause(ctx, errorPause)
	}
	return false, ended
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Closed sends requests on every connection, each when the one before is answered.
func Closed(ctx context.Context, o Options) Result {
	workers := make([]*worker, len(o.Sources))
	begin := time.Now().Add(o.Warmup)
	end := begin.Add(o.Duration)
	var group sync.WaitGroup
	for i, source := range o.Sources {
		w := newWorker(&o, source)
		workers[i] = w
		group.Go(func() { w.closed(ctx, begin, end) })
	}
	if o.Warm != nil {
		pause(ctx, time.Until(begin))
		o.Warm()
	}
	group.Wait()
	return merge(workers, o.Duration)
}

// closed records the latency of every request that was sent in the duration, and
// counts those that were answered in it.
func (w *worker) closed(ctx context.Context, begin, end time.Time) {
	defer w.conn.Close()
	for sent := time.Now(); sent.Before(end) && ctx.Err() == nil; {
		ok, ended := w.once(ctx)
		if ok && !sent.Before(begin) {
			w.latency.Record(ended.Sub(sent))
		}
		if ok && !ended.Before(begin) && ended.Before(end) {
			w.requests++
		}
		sent = ended
	}
}

func merge(workers []*worker, d time.Duration) Result {
	r := Result{Latency: latency.New(), Errors: map[string]int64{}}
	seen := map[string]bool{}
	for _, w := range workers {
		r.Requests += w.requests
		r.Latency.Merge(w.latency)
		for kind, n := range w.errors {
			r.Errors[kind] += n
			if !seen[kind] {
				seen[kind] = true
				r.Examples = append(r.Examples, kind+": "+w.examples[kind])
			}
		}
	}
	if d > 0 {
		r.Rate = float64(r.Requests) / d.Seconds()
	}
	return r
}
