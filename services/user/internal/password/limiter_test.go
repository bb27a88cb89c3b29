package password_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/user/internal/password"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// stalled is a Hasher whose derivations last until release is called. As many as
// it allows are running.
type stalled struct {
	*password.Hasher
	most     atomic.Int64 // highest number of concurrent derivations
	running  atomic.Int64
	outcomes chan error
	gate     chan struct{}
}

func stall(t *testing.T, o password.Options) *stalled {
	t.Helper()
	s := &stalled{outcomes: make(chan error, 100), gate: make(chan struct{})}
	s.Hasher = password.NewCounting(o, func(_ string, _ []byte, _ password.Params, keyLength uint32) []byte {
		n := s.running.Add(1)
		defer s.running.Add(-1)
		for old := s.most.Load(); n > old && !s.most.CompareAndSwap(old, n); old = s.most.Load() {
		}
		<-s.gate
		return make([]byte, keyLength)
	})
	s.start(t, o.Concurrent)
	eventually(t, func() bool { return s.running.Load() == int64(o.Concurrent) })
	return s
}

// start starts hashes that end after release.
func (s *stalled) start(t *testing.T, n int) {
	for range n {
		go func() {
			_, err := s.Hash(t.Context(), "x")
			s.outcomes <- err
		}()
	}
}

// release lets all hashes end and reports those that failed.
func (s *stalled) release(t *testing.T, n int) {
	t.Helper()
	close(s.gate)
	for range n {
		if err := <-s.outcomes; err != nil {
			t.Errorf("an accepted hash failed: %v", err)
		}
	}
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	deadline := time.After(10 * time.Second)
	for !condition() {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatal("condition did not come true in 10 s")
		}
	}
}

func TestConcurrentHashesAreLimited(t *testing.T) {
	s := stall(t, cheap())
	s.start(t, 10)
	eventually(t, func() bool { return s.Waiting() == 10 })
	s.release(t, 12)
	if s.most.Load() != 2 || s.Waiting() != 0 {
		t.Errorf("%d ran concurrently, %d still wait, want 2 and 0", s.most.Load(), s.Waiting())
	}
}

func TestAFullQueueRefusesImmediately(t *testing.T) {
	s := stall(t, cheap())
	s.start(t, 10)
	eventually(t, func() bool { return s.Waiting() == 10 })
	_, hashing := s.Hash(t.Context(), "x")
	_, _, verifying := s.Verify(t.Context(), "x", referenceHash)
	unknown := s.VerifyUnknown(t.Context(), "x")
	for _, err := range []error{hashing, verifying, unknown} {
		if !errors.Is(err, user.ErrBusy) || errs.CodeOf(err) != errs.Exhausted {
			t.Errorf("%v, want ErrBusy", err)
		}
	}
	s.release(t, 12)
	if _, err := s.Hash(t.Context(), "x"); err != nil {
		t.Errorf("after the queue emptied: %v", err)
	}
}

func TestWaitingEnds(t *testing.T) {
	impatient := cheap()
	impatient.Wait = time.Millisecond
	expiring := func(t *testing.T) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	leaving := func(t *testing.T) context.Context {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return ctx
	}
	tests := map[string]struct {
		options password.Options
		ctx     func(*testing.T) context.Context
		want    errs.Code
		busy    bool
	}{
		"after the longest wait": {impatient, (*testing.T).Context, errs.Exhausted, true},
		"at the deadline":        {cheap(), expiring, errs.Exhausted, true},
		"on cancellation":        {cheap(), leaving, errs.Unavailable, false},
	}
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			s := stall(t, test.options)
			_, err := s.Hash(test.ctx(t), "x")
			if errs.CodeOf(err) != test.want || errors.Is(err, user.ErrBusy) != test.busy {
				t.Errorf("%v (%v), want %v", err, errs.CodeOf(err), test.want)
			}
			if s.Waiting() != 0 {
				t.Errorf("%d still wait", s.Waiting())
			}
			s.release(t, test.options.Concurrent)
		})
	}
}
