package supervise

import (
	"time"

	"github.com/prometheus/procfs"
)

func (s *Supervisor) goalOf(p *part) goal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.goal
}

// set, started, ready and crashed are the only functions that change a status.
func (s *Supervisor) set(p *part, state State) {
	s.change(p, func(status *Status) {
		status.State, status.PID = state, 0
	})
}

func (s *Supervisor) started(p *part, pid int) {
	s.change(p, func(status *Status) {
		status.State, status.PID = Starting, pid
	})
}

func (s *Supervisor) ready(p *part) {
	s.change(p, func(status *Status) {
		status.State = Running
		p.proved = true
	})
}

func (s *Supervisor) crashed(p *part, exit string) {
	s.change(p, func(status *Status) {
		status.State, status.PID, status.LastExit = Crashed, 0, exit
		status.Restarts++
	})
}

func (s *Supervisor) change(p *part, apply func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	apply(&p.status)
	p.status.Since = time.Now()
	s.options.Changed(p.status)
	close(s.changed)
	s.changed = make(chan struct{})
}

// await returns true when a condition on the parts holds, and false when stop is
// closed or receives. The condition is evaluated under the mutex, after every
// change.
func (s *Supervisor) await(stop <-chan struct{}, holds func() bool) bool {
	for {
		s.mu.Lock()
		done := holds()
		changed := s.changed
		s.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-changed:
		case <-stop:
			return false
		}
	}
}

// residentBytes is the resident memory of a process, 0 if it has ended.
func residentBytes(pid int) int64 {
	process, err := procfs.NewProc(pid)
	if err != nil {
		return 0
	}
	status, err := process.NewStatus() // the number in stat lags behind
	if err != nil {
		return 0
	}
	return int64(status.VmRSS)
}
