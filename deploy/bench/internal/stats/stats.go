// Package stats compares paired measurements.
package stats

import (
	"errors"
	"math"
)

// Interval is a mean with its confidence interval.
type Interval struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// errTooFew is the error of too few pairs for an interval.
var errTooFew = errors.New("an interval needs at least two pairs of positive values")

// Ratio returns the geometric mean of b/a over pairs, with the interval that
// contains the true ratio with a confidence such as 0.95. It assumes that the
// logarithms of the ratios are distributed normally.
func Ratio(a, b []float64, confidence float64) (Interval, error) {
	n := min(len(a), len(b))
	logs := make([]float64, 0, n)
	for i := range n {
		if a[i] > 0 && b[i] > 0 {
			logs = append(logs, math.Log(b[i]/a[i]))
		}
	}
	if len(logs) < 2 {
		return Interval{}, errTooFew
	}
	mean, deviation := moments(logs)
	half := Quantile((1+confidence)/2, len(logs)-1) * deviation / math.Sqrt(float64(len(logs)))
	return Interval{math.Exp(mean), math.Exp(mean - half), math.Exp(mean + half)}, nil
}

// Mean returns the arithmetic mean; 0 of nothing.
func Mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	mean, _ := moments(values)
	return mean
}

// moments returns mean and standard deviation of a sample.
func moments(values []float64) (mean, deviation float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	if len(values) < 2 {
		return mean, 0
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / float64(len(values)-1))
}

// Corrected returns the confidence that each of so many intervals needs, so that
// all of them are right together with the given confidence (Bonferroni).
func Corrected(confidence float64, intervals int) float64 {
	return 1 - (1-confidence)/float64(max(intervals, 1))
}

// Verdict says how two builds differ in one value.
type Verdict string

// The verdicts.
const (
	Same  Verdict = "no difference"
	More  Verdict = "B is higher"
	Less  Verdict = "B is lower"
	Maybe Verdict = "undecided" // the interval is too wide
)

// Decide returns the verdict of an interval of ratios. A difference within the
// margin, such as 0.05, does not count: two processes of the same program differ by
// some percent, because their memory is laid out differently.
func Decide(i Interval, margin float64) Verdict {
	low, high := 1/(1+margin), 1+margin
	switch {
	case i.Low > high:
		return More
	case i.High < low:
		return Less
	case i.Low <= 1 && i.High >= 1, i.Low >= low && i.High <= high:
		return Same
	default:
		return Maybe
	}
}
