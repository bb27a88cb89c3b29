package audit

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// comparison holds a copy, or an answer made of copies, against the rows.
type comparison struct {
	invariant string
	what      string
	take      func(ctx context.Context) (sample, error)
	stray     *Listed // what is in the store and may be removed; nil: nothing
}

// sample is one look at both sides. Under traffic they can differ although
// nothing is wrong, because the looks are not at one moment.
type sample struct {
	same            bool
	moving          bool   // something changed between the looks, so this one says nothing
	expected, found string // when not the same
	state           string // identifies what was found, beyond its text
}

// doubt is a comparison whose samples differ so far.
type doubt struct {
	comparison
	first, last sample
	since       time.Time // of the first sample
	samples     int       // that say something, since then

	expectedMoves, foundMoves bool
}

const (
	comparisonPause       = 250 * time.Millisecond
	comparisonParallelism = 4

	// minSamples have to differ one after the other, so that a chance which
	// traffic gives to one of them does not count.
	minSamples = 6

	// maxPatience is after how many times the patience the end comes also for
	// what still changes.
	maxPatience = 4
)

// lasting takes samples until both sides agree; once is enough. It reports what
// differed for the whole time that a copy may be stale while one of the sides
// stood still: either the copy is not renewed, or the rows say one thing and
// the answers others. Where both moved it starts again, and gives up at last
// with a note.
func (a *auditor) lasting(ctx context.Context, comparisons []comparison) error {
	return a.lastingFor(ctx, a.options.Staleness, comparisons)
}

// lastingFor is lasting with another patience.
func (a *auditor) lastingFor(ctx context.Context, patience time.Duration, comparisons []comparison) error {
	doubts := make([]*doubt, len(comparisons))
	for i, c := range comparisons {
		doubts[i] = &doubt{comparison: c}
	}
	began := time.Now()
	for {
		left, err := retake(ctx, doubts)
		if err != nil {
			return err
		}
		doubts = slices.DeleteFunc(left, func(d *doubt) bool { return a.decided(d, patience) })
		if len(doubts) == 0 {
			return nil
		}
		if time.Since(began) > maxPatience*patience {
			for _, d := range doubts {
				a.report.note("%s changes too fast to be compared", d.what)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pauseWithin(patience)):
		}
	}
}

// pauseWithin is the time between two looks at the same.
func pauseWithin(patience time.Duration) time.Duration {
	return min(comparisonPause, patience/minSamples)
}

// retake looks once more and returns those that still differ, in the same
// order.
func retake(ctx context.Context, doubts []*doubt) ([]*doubt, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(comparisonParallelism)
	var mu sync.Mutex
	agreed := map[*doubt]bool{}
	for _, d := range doubts {
		group.Go(func() error {
			taken, err := d.take(ctx)
			if err != nil {
				return err
			}
			if taken.same {
				mu.Lock()
				defer mu.Unlock()
				agreed[d] = true
				return nil
			}
			d.add(taken, time.Now())
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(doubts, func(d *doubt) bool { return agreed[d] }), nil
}

// add remembers a sample that differs.
func (d *doubt) add(taken sample, at time.Time) {
	switch {
	case taken.moving:
		return
	case d.samples > 0:
		d.expectedMoves = d.expectedMoves || taken.expected != d.first.expected
		d.foundMoves = d.foundMoves || taken.found != d.first.found || taken.state != d.first.state
	}
	d.last = taken
	d.samples++
	if d.samples == 1 || (d.expectedMoves && d.foundMoves) {
		d.first, d.since, d.samples = taken, at, 1
		d.expectedMoves, d.foundMoves = false, false
	}
}

// decided reports a doubt that has lasted.
func (a *auditor) decided(d *doubt, patience time.Duration) bool {
	if d.samples < minSamples || time.Since(d.since) < patience {
		return false
	}
	a.report.violate(Violation{Invariant: d.invariant, What: d.what, Expected: d.last.expected, Found: d.last.found, stray: d.stray})
	return true
}
