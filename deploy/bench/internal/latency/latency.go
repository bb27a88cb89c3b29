// Package latency collects durations in a histogram of high dynamic range.
package latency

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Durations outside of this range are counted at its ends.
const (
	lowest  = time.Microsecond
	highest = time.Minute
	digits  = 3 // significant digits of a recorded value
)

// Histogram counts durations. It is for one goroutine; merge those of several.
type Histogram struct{ counts *hdrhistogram.Histogram }

// New returns an empty histogram.
func New() *Histogram {
	return &Histogram{hdrhistogram.New(lowest.Microseconds(), highest.Microseconds(), digits)}
}

// Record counts one duration.
func (h *Histogram) Record(d time.Duration) {
	clamped := min(max(d, lowest), highest)
	_ = h.counts.RecordValue(clamped.Microseconds()) // the range contains it
}

// Merge adds the durations of another histogram.
func (h *Histogram) Merge(other *Histogram) { h.counts.Merge(other.counts) }

// Count is how many durations were recorded.
func (h *Histogram) Count() int64 { return h.counts.TotalCount() }

// Quantile returns the duration that a part of all durations, 0 to 1, does not
// exceed; 0 without a duration.
func (h *Histogram) Quantile(q float64) time.Duration {
	return time.Duration(h.counts.ValueAtQuantile(100*q)) * time.Microsecond
}

// Max returns the longest duration.
func (h *Histogram) Max() time.Duration { return time.Duration(h.counts.Max()) * time.Microsecond }
