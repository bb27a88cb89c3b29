package supervise

import "time"

// Backoff says how long to wait before a crashed process is started again.
type Backoff struct {
	First time.Duration // after the first crash
	Max   time.Duration // at most
	Reset time.Duration // a process that lived this long starts over at First
}

// DefaultBackoff brings a part that was killed once back at once, and keeps one
// that cannot start from eating the machine.
func DefaultBackoff() Backoff {
	return Backoff{First: 500 * time.Millisecond, Max: 5 * time.Second, Reset: 30 * time.Second}
}

// Next is the pause after a process that lived for a while; previous is the
// pause before it, 0 when it was the first.
func (b Backoff) Next(previous, lived time.Duration) time.Duration {
	if previous == 0 || lived >= b.Reset {
		return b.First
	}
	return min(2*previous, b.Max)
}
