package supervise

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
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

// await returns when a condition on the parts holds. The condition is evaluated
// under the mutex, after every change.
func (s *Supervisor) await(ctx context.Context, holds func() bool) error {
	for {
		s.mu.Lock()
		done := holds()
		changed := s.changed
		s.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// residentBytes is the resident memory of a process, 0 if it has ended.
func residentBytes(pid int) int64 {
	if pid == 0 {
		return 0
	}
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
