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
}

// sample is one look at both sides. Under traffic they can differ although
// nothing is wrong, because the looks are not at one moment.
type sample struct {
	same            bool
	expected, found string // when not the same
	state           string // identifies what was found, beyond its text
}

// doubt is a comparison whose samples differ so far.
type doubt struct {
	comparison
	sample sample // the first one
	since  time.Time
	last   sample

	expectedMoves, foundMoves bool
}

const (
	comparisonPause       = 250 * time.Millisecond
	comparisonParallelism = 4

	// maxPatience is how many times the staleness that is allowed anything is
	// looked at: what changes all the time cannot be compared.
	maxPatience = 4
)

// lasting takes samples until both sides agree, once is enough. It reports what
// differed for the whole time that a copy may be stale while one of the sides
// stood still: either the copy is not renewed, or the rows say one thing and
// the answers others. Where both moved it starts again, and gives up at last
// with a note.
func (a *auditor) lasting(ctx context.Context, comparisons []comparison) error {
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
		doubts = slices.DeleteFunc(left, func(d *doubt) bool { return a.decided(d) })
		if len(doubts) == 0 {
			return nil
		}
		if time.Since(began) > maxPatience*a.options.Staleness {
			for _, d := range doubts {
				a.report.note("%s changes too fast to be compared", d.what)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(comparisonPause, a.options.Staleness/4)):
		}
	}
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
	d.last = taken
	if !d.since.IsZero() {
		d.expectedMoves = d.expectedMoves || taken.expected != d.sample.expected
		d.foundMoves = d.foundMoves || taken.found != d.sample.found || taken.state != d.sample.state
	}
	if d.since.IsZero() || (d.expectedMoves && d.foundMoves) {
		d.sample, d.since = taken, at
		d.expectedMoves, d.foundMoves = false, false
	}
}

// decided reports a doubt that has lasted.
func (a *auditor) decided(d *doubt) bool {
	if time.Since(d.since) < a.options.Staleness {
		return false
	}
	a.report.violate(Violation{Invariant: d.invariant, What: d.what, Expected: d.last.expected, Found: d.last.found})
	return true
}
