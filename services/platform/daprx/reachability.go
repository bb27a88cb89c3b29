package daprx

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// shortOutage is how long an app may be unreachable before calls stop waiting
	// for it. Later calls fail after their quick retries, so that callers of an
	// app that stays down are answered soon.
	shortOutage = 10 * time.Second

	// maxWaiting bounds the calls that wait for one app at the same time, and so
	// the retries that its sidecars get: some hundred a second.
	maxWaiting = 64
)

// reachability is what this program knows about calls to one app.
type reachability struct {
	down atomic.Bool // lets reached skip the lock

	mu          sync.Mutex
	first, last time.Time // failures of the current outage
	waiting     int
}

// failed notes a call that did not reach the app. Failures that are further
// apart than a short outage belong to different outages.
func (r *reachability) failed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if !r.down.Load() || now.Sub(r.last) > shortOutage {
		r.first = now
	}
	r.last = now
	r.down.Store(true)
}

// reached notes an answer of the app, which ends an outage.
func (r *reachability) reached() {
	if !r.down.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down.Store(false)
}

// startWaiting reports whether a call may wait for the app; then stopWaiting
// ends that.
func (r *reachability) startWaiting() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting >= maxWaiting || r.down.Load() && time.Since(r.first) > shortOutage {
		return false
	}
	r.waiting++
	return true
}

func (r *reachability) stopWaiting() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting--
}
