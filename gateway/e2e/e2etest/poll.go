//go:build e2e

package e2etest

import (
	"context"
	"testing"
	"time"
)

// PollInterval is the pause between two checks of a condition.
const PollInterval = 40 * time.Millisecond

// checkTimeout bounds one check of a condition.
const checkTimeout = 5 * time.Second

// Recovery is how long a stack may take until it is well after a fault, without
// help.
const Recovery = 15 * time.Second

// Redelivery is the processingTimeout of the pubsub component: how long an event may
// wait that a consumer held when it died.
const Redelivery = 60 * time.Second

// Poll repeats a check until it succeeds. If ctx ends first it returns the last
// error, but not the one of a check that the end of ctx interrupted.
func Poll(ctx context.Context, check func(context.Context) error) error {
	tick := time.NewTicker(PollInterval)
	defer tick.Stop()
	var last error
	for {
		one, cancel := context.WithTimeout(ctx, checkTimeout)
		err := check(one)
		cancel()
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return last
		case <-tick.C:
		}
	}
}

// Within fails the test if a condition does not hold in time. It returns how long
// that took.
func Within(t testing.TB, limit time.Duration, what string, check func(context.Context) error) time.Duration {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if err := Poll(ctx, check); err != nil {
		t.Fatalf("%s: not within %s: %v", what, limit, err)
	}
	return time.Since(start)
}

// Step is a named request.
type Step struct {
	Name  string
	Do    func(context.Context) error
	Every time.Duration // the shortest pause between two, 0 for PollInterval
}
