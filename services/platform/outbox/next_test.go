package outbox

import (
	"errors"
	"testing"
	"time"
)

// The pauses between rounds are too long to wait for in a test.
func TestPauses(t *testing.T) {
	failing := round{err: errors.New("down")}
	partly := round{err: errors.New("down"), published: 1}
	steps := []struct {
		what string
		done round
		want time.Duration
	}{
		{"all published", round{published: 5}, time.Second},
		{"another replica at work", round{busy: true}, busyPause},
		{"first failure", failing, 100 * time.Millisecond},
		{"second failure", failing, 200 * time.Millisecond},
		{"another replica at work during the failure", round{busy: true}, busyPause},
		{"third failure", failing, 400 * time.Millisecond},
		{"fourth failure", failing, 800 * time.Millisecond},
		{"fifth failure", failing, 1600 * time.Millisecond},
		{"sixth failure", failing, 3200 * time.Millisecond},
		{"from then on", failing, 5 * time.Second},
		{"some events can be published", partly, 100 * time.Millisecond},
		{"recovered", round{}, time.Second},
		{"first failure again", failing, 100 * time.Millisecond},
	}
	relay := NewRelay(nil, nil, Options{})
	for _, step := range steps {
		if got := relay.next(step.done); got != step.want {
			t.Errorf("%s: pause of %v, want %v", step.what, got, step.want)
		}
	}
}
