package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stats"
)

// The values are in every table of the distribution.
func TestQuantilesOfStudent(t *testing.T) {
	for _, test := range []struct {
		p       float64
		freedom int
		want    float64
	}{
		{0.975, 1, 12.706}, {0.975, 2, 4.303}, {0.975, 5, 2.571}, {0.975, 10, 2.228}, {0.975, 30, 2.042},
		{0.95, 7, 1.895}, {0.995, 7, 3.499}, {0.9995, 4, 8.610}, {0.975, 1000, 1.962},
	} {
		if got := stats.Quantile(test.p, test.freedom); math.Abs(got-test.want) > 0.001 {
			t.Errorf("quantile %v with %d degrees of freedom is %.4f, want %.3f", test.p, test.freedom, got, test.want)
		}
	}
}

func TestRatioOfPairs(t *testing.T) {
	// b is twice a, whatever the machine does in a round.
	a, b := []float64{100, 10, 300, 70}, []float64{200, 20, 600, 140}
	got, err := stats.Ratio(a, b, 0.95)
	if err != nil || math.Abs(got.Mean-2) > 1e-9 || math.Abs(got.Low-2) > 1e-9 || math.Abs(got.High-2) > 1e-9 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := stats.Ratio(a[:1], b[:1], 0.95); err == nil {
		t.Error("one pair has an interval")
	}
	if _, err := stats.Ratio([]float64{0, 0, 5}, []float64{1, 1, 1}, 0.95); err == nil {
		t.Error("rounds without a request count as pairs")
	}
}

// The interval contains the true ratio as often as its confidence says.
func TestCoverage(t *testing.T) {
	const trials, rounds, truth, confidence = 2000, 6, 1.2, 0.95
	random := rand.New(rand.NewPCG(1, 1))
	covered := 0
	for range trials {
		a, b := make([]float64, rounds), make([]float64, rounds)
		for i := range rounds {
			machine := 100 * math.Exp(0.5*random.NormFloat64()) // common to both
			a[i] = machine * math.Exp(0.05*random.NormFloat64())
			b[i] = machine * truth * math.Exp(0.05*random.NormFloat64())
		}
		got, err := stats.Ratio(a, b, confidence)
		if err != nil {
			t.Fatal(err)
		}
		if got.Low <= truth && truth <= got.High {
			covered++
		}
	}
	if share := float64(covered) / trials; math.Abs(share-confidence) > 0.015 {
		t.Errorf("%.3f of the intervals contain the ratio, want %v", share, confidence)
	}
}

func TestVerdicts(t *testing.T) {
	const margin = 0.05
	for _, test := range []struct {
		low, high float64
		want      stats.Verdict
	}{
		{0.99, 1.01, stats.Same},
		{0.8, 1.3, stats.Same},
		{1.01, 1.04, stats.Same},
		{0.96, 0.99, stats.Same},
		{1.06, 1.2, stats.More},
		{0.5, 0.94, stats.Less},
		{1.02, 1.2, stats.Maybe},
		{0.8, 0.98, stats.Maybe},
	} {
		if got := stats.Decide(stats.Interval{Mean: 1, Low: test.low, High: test.high}, margin); got != test.want {
			t.Errorf("%v to %v: %s, want %s", test.low, test.high, got, test.want)
		}
	}
}

func TestCorrectedConfidence(t *testing.T) {
	if got := stats.Corrected(0.95, 10); math.Abs(got-0.995) > 1e-12 {
		t.Errorf("%v, want 0.995", got)
	}
	if got := stats.Corrected(0.95, 0); got != 0.95 {
		t.Errorf("%v, want 0.95", got)
	}
	if got := stats.Mean([]float64{1, 2, 6}); got != 3 {
		t.Errorf("mean %v, want 3", got)
	}
}
