//go:build e2e

package faults

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// observer repeats steps during a fault and counts their results.
type observer struct {
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	well    time.Time // the zero time until recovered is called
	worked  map[string]int
	failed  map[string]int
	after   map[string]int // worked, begun after well
	unclear []string       // failures that are not refusals
	late    []string       // failures that began after well
}

// observe repeats the steps, each in a goroutine of its own, until done is called.
func observe(t *testing.T, steps []e2etest.Step) *observer {
	ctx, cancel := context.WithCancel(t.Context())
	o := &observer{stop: cancel, worked: map[string]int{}, failed: map[string]int{}, after: map[string]int{}}
	for _, step := range steps {
		o.wg.Add(1)
		go func() {
			defer o.wg.Done()
			tick := time.NewTicker(max(e2etest.PollInterval, step.Every))
			defer tick.Stop()
			for {
				start := time.Now()
				err := step.Do(ctx)
				if ctx.Err() != nil {
					return
				}
				o.note(step.Name, err, start)
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		}()
	}
	return o
}

func (o *observer) note(name string, err error, start time.Time) {
	took := time.Since(start).Round(time.Millisecond)
	o.mu.Lock()
	defer o.mu.Unlock()
	late := !o.well.IsZero() && start.After(o.well)
	if err == nil {
		o.worked[name]++
		if late {
			o.after[name]++
		}
		return
	}
	o.failed[name]++
	text := fmt.Sprintf("%s after %s: %v", name, took, err)
	if late {
		o.late = append(o.late, fmt.Sprintf("%s later, %s", start.Sub(o.well).Round(time.Millisecond), text))
	}
	if !e2etest.IsRefusal(err) {
		o.unclear = append(o.unclear, text)
	}
}

// recovered declares the stack to be well: no step may fail that begins from now
// on. It returns when each step has worked some times since.
func (o *observer) recovered(t *testing.T, steps []e2etest.Step) {
	t.Helper()
	o.mu.Lock()
	o.well = time.Now()
	o.mu.Unlock()
	e2etest.Within(t, 2*e2etest.Recovery, "every step has worked again", func(context.Context) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, step := range steps {
			want := repetitions
			if step.Every > 0 {
				want = slowRepetitions
			}
			if n := o.after[step.Name]; n < want && len(o.late) == 0 {
				return fmt.Errorf("%s worked %d times", step.Name, n)
			}
		}
		return nil
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, failure := range o.late {
		t.Errorf("failed although the stack is well: %s", failure)
	}
}

// How often a step has to work after a fault.
const (
	repetitions     = 25
	slowRepetitions = 3
)

// done ends the observation.
func (o *observer) done() (failed, worked map[string]int, unclear []string) {
	o.stop()
	o.wg.Wait()
	return o.failed, o.worked, o.unclear
}

// worksAtOnce fails the test if a step fails that begins when the stack is well.
func (h harness) worksAtOnce(t *testing.T, stack e2etest.Stack) {
	t.Helper()
	stack.WaitWell(t)
	steps := h.steps()
	watch := observe(t, steps)
	watch.recovered(t, steps)
	watch.done()
}
