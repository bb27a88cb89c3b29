//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"
)

// audit compares all data of the stack with what the system promises, and fails
// the test for every promise that is broken.
func (s starter) audit(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	start := time.Now()
	out, err := s.run(ctx, nil, "audit")
	if err != nil {
		t.Errorf("the audit fails: %v", err)
		return
	}
	t.Logf("audit took %s: %s", time.Since(start).Round(time.Millisecond), out)
}
