package latency_test

import (
	"math"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/latency"
)

func TestQuantilesOfKnownDurations(t *testing.T) {
	h := latency.New()
	for ms := 1; ms <= 1000; ms++ {
		h.Record(time.Duration(ms) * time.Millisecond)
	}
	if h.Count() != 1000 {
		t.Errorf("%d durations, want 1000", h.Count())
	}
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.9: 900 * time.Millisecond, 0.99: 990 * time.Millisecond} {
		if got := h.Quantile(q); math.Abs(float64(got-want)) > 0.002*float64(want) {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := h.Max(); got < time.Second || got > 1002*time.Millisecond {
		t.Errorf("the longest is %v, want 1s", got)
	}
}

func TestMergeAddsCounts(t *testing.T) {
	fast, slow := latency.New(), latency.New()
	for range 99 {
		fast.Record(time.Millisecond)
	}
	slow.Record(time.Second)
	fast.Merge(slow)
	if fast.Count() != 100 {
		t.Errorf("%d durations, want 100", fast.Count())
	}
	if got := fast.Quantile(0.995); got < 900*time.Millisecond {
		t.Errorf("the slow duration is lost: 99.5%% within %v", got)
	}
	if got := fast.Quantile(0.5); got > 2*time.Millisecond {
		t.Errorf("half within %v, want 1ms", got)
	}
}

func TestDurationsOutsideOfTheRangeAreCounted(t *testing.T) {
	h := latency.New()
	h.Record(-time.Second)
	h.Record(time.Hour)
	if h.Count() != 2 {
		t.Errorf("%d durations, want 2", h.Count())
	}
	if h.Max() < 59*time.Second {
		t.Errorf("the longest is %v, want a minute", h.Max())
	}
}

func TestEmptyHistogram(t *testing.T) {
	h := latency.New()
	if h.Quantile(0.5) != 0 || h.Max() != 0 || h.Count() != 0 {
		t.Errorf("an empty histogram has values: %v %v %d", h.Quantile(0.5), h.Max(), h.Count())
	}
}
