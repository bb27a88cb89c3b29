// Package run drives the endpoints of one seeded stack and combines what the
// clients saw with what the system spent.
package run

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/endpoint"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/measure"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/report"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stack"
)

// Options of all runs.
type Options struct {
	Connections int
	Duration    time.Duration // per endpoint
	Timeout     time.Duration // per answer
	Drain       time.Duration // longest time for events to be processed
}

// warmup is the part of the duration that comes before it.
const warmup = 5

// Bench is one seeded stack.
type Bench struct {
	options Options
	env     *endpoint.Env
	meter   *measure.Meter
}

// New connects to the servers of a stack.
func New(s *stack.Stack, data *model.Data, o Options) (*Bench, error) {
	meter, err := measure.Open(s)
	if err != nil {
		return nil, err
	}
	return &Bench{options: o, env: endpoint.NewEnv(data, s.Addr, o.Timeout), meter: meter}, nil
}

// Close ends the connections.
func (b *Bench) Close() error { return b.meter.Close() }

// idle is how long Idle watches.
const idle = 2 * time.Second

// Idle waits until all events are processed, and returns how much of the machine,
// in percent, the stack uses without a request.
func (b *Bench) Idle(ctx context.Context) (float64, error) {
	if _, err := b.meter.Drain(ctx, b.options.Drain); err != nil {
		return 0, err
	}
	before, err := b.meter.Read(ctx)
	if err != nil {
		return 0, err
	}
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(idle):
	}
	after, err := b.meter.Read(ctx)
	if err != nil {
		return 0, err
	}
	spent := after.Sub(before)
	return report.Stack(spent, after.At.Sub(before.At)), nil
}

// Closed drives an endpoint as fast as it answers. A fault is a wrong answer or an
// event that is not processed in time.
func (b *Bench) Closed(ctx context.Context, e endpoint.Endpoint) (report.Result, []string, error) {
	var done atomic.Int64
	o := b.loadOptions(e, &done)
	window := window{meter: b.meter, done: &done}
	if e.Writes {
		// Everything that happens until the events are processed belongs to the
		// requests, also to those of the warm-up.
		if err := window.open(ctx); err != nil {
			return report.Result{}, nil, err
		}
	} else {
		o.Warm = func() { window.fail(window.open(ctx)) }
	}
	var run load.Result
	err := b.beside(ctx, e, func(ctx context.Context) { run = load.Closed(ctx, o) })
	if err != nil {
		return report.Result{}, nil, err
	}
	faults := faultsOf(e.Name, run)
	var drain time.Duration
	if e.Writes {
		if drain, err = b.meter.Drain(ctx, b.options.Drain); err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", e.Name, err))
		}
	}
	if err := window.close(ctx); err != nil {
		return report.Result{}, nil, err
	}
	result := report.NewResult(e.Name, e.Title, run, window.spent, window.took, window.requests)
	result.Drain = drain.Seconds()
	return result, faults, nil
}

// Open drives an endpoint at a part of a rate, in percent.
func (b *Bench) Open(ctx context.Context, e endpoint.Endpoint, percent int, full float64) (report.Open, []string, error) {
	o := b.loadOptions(e, nil)
	rate := full * float64(percent) / 100
	var run load.OpenResult
	if err := b.beside(ctx, e, func(ctx context.Context) { run = load.Open(ctx, o, rate) }); err != nil {
		return report.Open{}, nil, err
	}
	faults := faultsOf(fmt.Sprintf("%s at %d%%", e.Name, percent), run.Result)
	if e.Writes {
		if _, err := b.meter.Drain(ctx, b.options.Drain); err != nil {
			faults = append(faults, fmt.Sprintf("%s at %d%%: %v", e.Name, percent, err))
		}
	}
	return report.NewOpen(e.Name, percent, rate, run), faults, nil
}

func (b *Bench) loadOptions(e endpoint.Endpoint, done *atomic.Int64) load.Options {
	return load.Options{
		Addr: b.env.Addr, Sources: e.Sources(b.env, b.options.Connections), Timeout: b.options.Timeout,
		Warmup: b.options.Duration / warmup, Duration: b.options.Duration, Done: done,
	}
}

// beside calls drive while the other traffic of the endpoint goes on.
func (b *Bench) beside(ctx context.Context, e endpoint.Endpoint, drive func(ctx context.Context)) error {
	besideCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- e.Beside(besideCtx, b.env) }()
	drive(ctx)
	cancel()
	if err := <-ended; err != nil {
		return fmt.Errorf("beside %s: %w", e.Name, err)
	}
	return ctx.Err()
}

func faultsOf(name string, run load.Result) []string {
	if run.Failed() == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %d errors, %s", name, run.Failed(), strings.Join(run.Examples, "; "))}
}

// window is the time in which requests and what the system spends are counted.
type window struct {
	meter *measure.Meter
	done  *atomic.Int64

	before   measure.Counters
	requests int64
	spent    measure.Counters
	took     time.Duration
	err      error
}

func (w *window) fail(err error) { w.err = err }

func (w *window) open(ctx context.Context) error {
	w.requests = w.done.Load()
	var err error
	w.before, err = w.meter.Read(ctx)
	return err
}

func (w *window) close(ctx context.Context) error {
	if w.err != nil {
		return w.err
	}
	w.requests = w.done.Load() - w.requests
	after, err := w.meter.Read(ctx)
	if err != nil {
		return err
	}
	w.spent, w.took = after.Sub(w.before), after.At.Sub(w.before.At)
	return nil
}
