package compare

import (
	"context"
	"fmt"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/endpoint"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/report"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stats"
)

// Bench measures one endpoint of one build.
type Bench interface {
	Closed(ctx context.Context, e endpoint.Endpoint) (report.Result, []string, error)
}

// Options of a comparison.
type Options struct {
	Rounds     int     // of each build and endpoint
	Confidence float64 // of all intervals together, such as 0.95
	Margin     float64 // differences below it do not count, such as 0.05
}

// Value is one compared value of an endpoint. Ratio is that of B to A.
type Value struct {
	Name    string         `json:"name"`
	A       float64        `json:"a"`
	B       float64        `json:"b"`
	Ratio   stats.Interval `json:"ratio"`
	Verdict stats.Verdict  `json:"verdict"`
}

// Line is one compared endpoint.
type Line struct {
	Name   string  `json:"name"`
	Title  string  `json:"title"`
	Values []Value `json:"values"`
}

// Result is a comparison.
type Result struct {
	Lines  []Line   `json:"endpoints"`
	Faults []string `json:"faults"`
}

// values are the compared values of a result.
func values() []struct {
	name string
	of   func(report.Result) float64
} {
	return []struct {
		name string
		of   func(report.Result) float64
	}{
		{"/s", func(r report.Result) float64 { return r.PerSecond }},
		{"p50 ms", func(r report.Result) float64 { return r.P50 }},
		{"p99 ms", func(r report.Result) float64 { return r.P99 }},
		{"CPU us", func(r report.Result) float64 { return r.Cost.Grouped().Sum() }},
		{"SQL", func(r report.Result) float64 { return r.Cost.Statements }},
	}
}

// rare is the value below which one per request is only background noise: its
// ratios say nothing.
const rare = 0.05

// Run measures every endpoint in rounds. In each round both builds get their turn,
// and the order alternates, so what the machine does besides concerns both. The
// first round warms up and does not count.
func Run(ctx context.Context, a, b Bench, endpoints []endpoint.Endpoint, o Options, progress func(string)) (Result, error) {
	result := Result{Faults: []string{}}
	confidence := stats.Corrected(o.Confidence, len(endpoints)*len(values()))
	for _, e := range endpoints {
		var resultsA, resultsB []report.Result
		for round := range o.Rounds + 1 {
			var pair [2]report.Result
			for turn := range 2 {
				build := (round + turn) % 2
				r, faults, err := []Bench{a, b}[build].Closed(ctx, e)
				if err != nil {
					return result, fmt.Errorf("%s of %c: %w", e.Name, 'A'+build, err)
				}
				for _, fault := range faults {
					result.Faults = append(result.Faults, fmt.Sprintf("%c: %s", 'A'+build, fault))
				}
				pair[build] = r
			}
			if round > 0 {
				resultsA, resultsB = append(resultsA, pair[0]), append(resultsB, pair[1])
			}
		}
		line := compare(e, resultsA, resultsB, confidence, o.Margin)
		result.Lines = append(result.Lines, line)
		progress(fmt.Sprintf("%s: %.0f/s and %.0f/s", e.Title, line.Values[0].A, line.Values[0].B))
	}
	return result, nil
}

func compare(e endpoint.Endpoint, a, b []report.Result, confidence, margin float64) Line {
	line := Line{Name: e.Name, Title: e.Title}
	for _, value := range values() {
		valuesA, valuesB := collect(a, value.of), collect(b, value.of)
		v := Value{Name: value.name, A: stats.Mean(valuesA), B: stats.Mean(valuesB), Verdict: stats.Maybe}
		ratio, err := stats.Ratio(valuesA, valuesB, confidence)
		switch {
		case v.A < rare && v.B < rare:
			v.Ratio, v.Verdict = stats.Interval{Mean: 1, Low: 1, High: 1}, stats.Same
		case err == nil:
			v.Ratio, v.Verdict = ratio, stats.Decide(ratio, margin)
		}
		line.Values = append(line.Values, v)
	}
	return line
}

func collect(results []report.Result, of func(report.Result) float64) []float64 {
	all := make([]float64, len(results))
	for i, r := range results {
		all[i] = of(r)
	}
	return all
}
