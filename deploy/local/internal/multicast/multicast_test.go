package multicast_test

import (
	"context"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/multicast"
)

// The probe is short, and fails when its context has ended.
func TestProbeIsShort(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	t.Logf("mDNS on this machine: %v", multicast.Probe(ctx))
	if ctx.Err() != nil {
		t.Error("the probe took longer than 10 s")
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if multicast.Probe(ended) == nil {
		t.Error("a probe with an ended context succeeds")
	}
}
