// Package confirm compares copies with rows under traffic. A copy and its rows
// are read one after the other, so they may differ although nothing is wrong. A
// mismatch is confirmed only if it lasts.
package confirm

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Comparison reads a copy, or an answer made of copies, and the rows.
type Comparison struct {
	Name string
	Take func(ctx context.Context) (Sample, error)
}

// Sample is one reading of both sides.
type Sample struct {
	Same     bool
	Moving   bool   // something changed during the reading, so the sample proves nothing
	Expected string // if not the same
	Found    string // if not the same
	State    string // identifies what was found, beyond its text
}

// Mismatch is a comparison whose sides differed for the whole timeout.
type Mismatch struct {
	Index    int // of the comparison
	Expected string
	Found    string
}

// Result is what remains of comparisons that did not agree.
type Result struct {
	Mismatches []Mismatch
	Unstable   []int // comparisons whose sides changed too fast to decide
}

const (
	pause       = 250 * time.Millisecond
	parallelism = 4

	// minSamples have to differ in a row. Under traffic a single one may differ by
	// chance.
	minSamples = 6

	// maxTimeouts bounds the run: after this many timeouts, comparisons that are
	// still changing are given up as unstable.
	maxTimeouts = 4
)

// Pause is the time between two samples of one comparison.
func Pause(timeout time.Duration) time.Duration { return min(pause, timeout/minSamples) }

// Run takes samples of each comparison until the two sides agree; one agreement
// is enough. A mismatch is confirmed when the sides differed for the whole
// timeout while one of them stood still: either the copy is not renewed, or it is
// renewed with something else than the rows say. When both sides moved, the
// timeout starts again.
func Run(ctx context.Context, timeout time.Duration, comparisons []Comparison) (result Result, err error) {
	open := make([]*candidate, len(comparisons))
	for i, c := range comparisons {
		open[i] = &candidate{Comparison: c, index: i}
	}
	began := time.Now()
	for {
		if open, err = sampleAll(ctx, open); err != nil {
			return result, err
		}
		open = slices.DeleteFunc(open, func(c *candidate) bool {
			confirmed := c.confirmed(timeout)
			if confirmed {
				result.Mismatches = append(result.Mismatches, Mismatch{c.index, c.last.Expected, c.last.Found})
			}
			return confirmed
		})
		if len(open) == 0 {
			return result, nil
		}
		if time.Since(began) > maxTimeouts*timeout {
			for _, c := range open {
				result.Unstable = append(result.Unstable, c.index)
			}
			return result, nil
		}
		select {
		case <-ctx.Done():
			return result, ctx.Err()
		case <-time.After(Pause(timeout)):
		}
	}
}

// candidate is a comparison whose samples differed so far.
type candidate struct {
	Comparison
	index       int
	first, last Sample
	since       time.Time // of the first sample
	samples     int       // that count, since then

	expectedMoved, foundMoved bool
}

// sampleAll takes one sample of each candidate and returns those that still
// differ, in the same order.
func sampleAll(ctx context.Context, candidates []*candidate) ([]*candidate, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelism)
	var mu sync.Mutex
	agreed := map[*candidate]bool{}
	for _, c := range candidates {
		group.Go(func() error {
			sample, err := c.Take(ctx)
			if err != nil {
				return err
			}
			if sample.Same {
				mu.Lock()
				defer mu.Unlock()
				agreed[c] = true
				return nil
			}
			c.add(sample, time.Now())
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(candidates, func(c *candidate) bool { return agreed[c] }), nil
}

// add records a sample that differs.
func (c *candidate) add(sample Sample, at time.Time) {
	switch {
	case sample.Moving:
		return
	case c.samples > 0:
		c.expectedMoved = c.expectedMoved || sample.Expected != c.first.Expected
		c.foundMoved = c.foundMoved || sample.Found != c.first.Found || sample.State != c.first.State
	}
	c.last = sample
	c.samples++
	if c.samples == 1 || (c.expectedMoved && c.foundMoved) {
		c.first, c.since, c.samples = sample, at, 1
		c.expectedMoved, c.foundMoved = false, false
	}
}

// confirmed reports whether the mismatch has lasted.
func (c *candidate) confirmed(timeout time.Duration) bool {
	return c.samples >= minSamples && time.Since(c.since) >= timeout
}
