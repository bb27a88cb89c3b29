//go:build e2e

package e2etest

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"
)

// Kill kills a part and returns the process id it had. The starter starts it again.
func (s Stack) Kill(t testing.TB, name string) int {
	t.Helper()
	pid := s.PID(t, name)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %s: %v", name, err)
	}
	return pid
}

// Crash kills all replicas of a part and waits until they run again.
func (s Stack) Crash(t testing.TB, name string) {
	t.Helper()
	old := map[string]int{}
	for _, replica := range s.Replicas(t, name) {
		old[replica] = s.Kill(t, replica)
	}
	Within(t, Recovery, name+" runs again", func(context.Context) error {
		parts := s.Parts(t)
		for replica, pid := range old {
			if p := parts[replica]; p.PID <= 0 || p.PID == pid {
				return fmt.Errorf("%s: pid %d, was %d", replica, p.PID, pid)
			}
		}
		return nil
	})
}

// Restart stops a part and starts it again.
func (s Stack) Restart(t testing.TB, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	if _, err := s.Run(ctx, nil, "restart", name); err != nil {
		t.Fatal(err)
	}
}

// Stop stops a part. The end of the test starts it again.
func (s Stack) Stop(t testing.TB, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	t.Cleanup(func() { s.Start(t, name) })
	if _, err := s.Run(ctx, nil, "stop", name); err != nil {
		t.Fatal(err)
	}
}

// Start starts a stopped part and waits until it is ready. A running part is left
// alone.
func (s Stack) Start(t testing.TB, name string) {
	t.Helper()
	// The context of the test has ended when cleanups run.
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	if _, err := s.Run(ctx, nil, "start", name); err != nil {
		t.Errorf("start %s: %v", name, err)
	}
}

// StopAll stops all replicas of a part, as Stop does.
func (s Stack) StopAll(t testing.TB, name string) {
	t.Helper()
	for _, replica := range s.Replicas(t, name) {
		s.Stop(t, replica)
	}
}

// StartAll starts all replicas of a part.
func (s Stack) StartAll(t testing.TB, name string) {
	t.Helper()
	for _, replica := range s.Replicas(t, name) {
		s.Start(t, replica)
	}
}

// Down stops the stack. A stack that does not run is left alone.
func (s Stack) Down(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := s.Run(ctx, nil, "down"); err != nil {
		t.Error(err)
	}
}

// States of a stack and of a part in which clients may expect that everything
// works.
const (
	stackReady  = "ready"
	partRunning = "running"
)

// well returns nil if the starter reports that all parts are ready and if all
// gateways are.
func (s Stack) well(ctx context.Context) error {
	status, err := s.status(ctx)
	if err != nil {
		return err
	}
	for _, p := range status.Parts {
		if p.State != partRunning {
			return fmt.Errorf("%s is %s", p.Name, p.State)
		}
	}
	if status.State != stackReady {
		return fmt.Errorf("the stack is %s", status.State)
	}
	for _, gateway := range status.Gateways {
		if err := Ready(ctx, gateway); err != nil {
			return fmt.Errorf("gateway %s: %w", gateway, err)
		}
	}
	return nil
}

// WaitWell waits until the stack is well: from then on no client sees a failure. It
// may be called in cleanups.
func (s Stack) WaitWell(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*Recovery)
	defer cancel()
	if err := Poll(ctx, s.well); err != nil {
		t.Fatalf("the stack is not well after %s: %v", 2*Recovery, err)
	}
}
