package supervise

import "time"

// Backoff is the pause before a crashed process is restarted.
type Backoff struct {
	First time.Duration // after the first crash
	Max   time.Duration // at most
	Reset time.Duration // a process that ran this long resets the pause to First
}

// DefaultBackoff restarts a part that was killed once almost immediately, and
// bounds the load of one that cannot start.
func DefaultBackoff() Backoff {
	return Backoff{First: 500 * time.Millisecond, Max: 5 * time.Second, Reset: 30 * time.Second}
}

// Next is the pause after a process that ran for lived; previous is the pause
// before that process, 0 if it was the first.
func (b Backoff) Next(previous, lived time.Duration) time.Duration {
	if previous == 0 || lived >= b.Reset {
		return b.First
	}
	return min(2*previous, b.Max)
}
