//go:build e2e

package faults

import (
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// toggleDuringKills kills parts, one after the other, while twenty clients create
// and remove a like and a follow. Then everything is compared with the acknowledged
// states: no acknowledged change is lost and none counts twice.
func toggleDuringKills(t *testing.T, victims ...string) {
	t.Helper()
	stack := breakable(t)
	const clients, each = 20, 50
	s := e2etest.NewToggles(t, clients, time.Minute)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(t.Context(), each) }()
	for i, name := range victims {
		s.WaitAcknowledged(t, int64(clients*2*each*(i+1)/(len(victims)+1)))
		stack.Crash(t, name)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if s.Repeated.Load() == 0 {
		t.Logf("killing %v failed no request", victims)
	}
	s.Check(t)
	stack.Audit(t)
}

func TestTogglesWhileServicesAreKilled(t *testing.T) {
	toggleDuringKills(t, "interaction", "relation")
}

func TestTogglesWhileSidecarsAreKilled(t *testing.T) {
	toggleDuringKills(t, e2etest.Sidecar("interaction"), e2etest.Sidecar("relation"))
}

func TestTogglesWhileRedisIsKilled(t *testing.T) {
	toggleDuringKills(t, "redis")
}
