//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// flipsWhile kills programs, one after the other, while twenty clients flip a
// like and a follow, and then compares everything with what was acknowledged
// last: nothing acknowledged may be lost, nothing be there twice.
func flipsWhile(t *testing.T, killed ...string) {
	stack := theStack(t)
	const clients, each = 20, 50
	f := newFlips(t, clients, time.Minute)
	flipping := make(chan error, 1)
	go func() { flipping <- f.run(t.Context(), each) }()
	for i, name := range killed {
		from := int64(clients * 2 * each * (i + 1) / (len(killed) + 1))
		within(t, time.Minute, fmt.Sprintf("%d flips are acknowledged", from), func(context.Context) error {
			if n := f.acknowledged.Load(); n < from {
				return fmt.Errorf("%d are", n)
			}
			return nil
		})
		stack.crash(t, name)
	}
	if err := <-flipping; err != nil {
		t.Fatal(err)
	}
	if f.repeated.Load() == 0 {
		t.Logf("no request was hit by killing %v", killed)
	}
	f.check(t)
	stack.audit(t)
}

func TestFlipsWhileTheOwnersAreKilled(t *testing.T) {
	flipsWhile(t, "interaction", "relation")
}

func TestFlipsWhileTheSidecarsOfTheOwnersAreKilled(t *testing.T) {
	flipsWhile(t, sidecarOf("interaction"), sidecarOf("relation"))
}

func TestFlipsWhileRedisIsKilled(t *testing.T) {
	flipsWhile(t, "redis")
}
