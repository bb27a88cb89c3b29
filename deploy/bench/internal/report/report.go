// Package report holds the results of a benchmark and prints them.
package report

import (
	"encoding/json"
	"os"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/measure"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
)

// Report is everything that one run found.
type Report struct {
	Date        time.Time         `json:"date"`
	Machine     Machine           `json:"machine"`
	Commit      string            `json:"commit"`
	Versions    map[string]string `json:"versions"`
	Shape       model.Shape       `json:"shape"`
	Connections int               `json:"connections"`
	Seconds     float64           `json:"seconds"` // per endpoint
	IdleCPU     float64           `json:"idle_cpu_percent"`
	Endpoints   []Result          `json:"endpoints"`
	Open        []Open            `json:"open_loop,omitempty"`
	Audit       string            `json:"audit"`
	Faults      []string          `json:"faults"` // empty: every answer was correct
}

// Result is one endpoint at full load.
type Result struct {
	Name      string           `json:"name"`
	Title     string           `json:"title"`
	Requests  int64            `json:"requests"`
	PerSecond float64          `json:"per_second"`
	P50       float64          `json:"p50_ms"`
	P90       float64          `json:"p90_ms"`
	P99       float64          `json:"p99_ms"`
	Max       float64          `json:"max_ms"`
	Errors    map[string]int64 `json:"errors,omitempty"`
	Examples  []string         `json:"error_examples,omitempty"`

	// Per request, with everything that happened until its events were processed.
	Cost Cost `json:"cost"`

	Drain   float64 `json:"drain_seconds,omitempty"` // until all events were processed
	Foreign float64 `json:"foreign_cpu_percent"`     // of the machine, used by others
}

// Cost is the cost of one request.
type Cost struct {
	CPU         map[string]float64 `json:"cpu_us"` // by process
	Statements  float64            `json:"sql_statements"`
	Syncs       float64            `json:"fsyncs"`
	IndexReads  float64            `json:"index_reads"`
	StateReads  float64            `json:"state_reads"`
	StateWrites float64            `json:"state_writes"`
	Events      float64            `json:"events"`
	Commands    float64            `json:"redis_commands"`
	Redis       map[string]float64 `json:"redis_commands_by_name"`
}

// Open is one endpoint at a rate of requests.
type Open struct {
	Name      string           `json:"name"`
	Percent   int              `json:"percent"` // of the rate at full load
	Rate      float64          `json:"rate"`    // intended requests per second
	PerSecond float64          `json:"per_second"`
	P50       float64          `json:"p50_ms"`
	P99       float64          `json:"p99_ms"`
	P999      float64          `json:"p999_ms"`
	Max       float64          `json:"max_ms"`
	BehindP99 float64          `json:"behind_p99_ms"` // how late requests were sent
	Errors    map[string]int64 `json:"errors,omitempty"`
}

// NewResult combines a run with what the system spent on so many requests.
func NewResult(name, title string, run load.Result, spent measure.Counters, took time.Duration, requests int64) Result {
	r := Result{
		Name: name, Title: title, Requests: run.Requests, PerSecond: run.Rate,
		P50: ms(run.Latency.Quantile(0.5)), P90: ms(run.Latency.Quantile(0.9)), P99: ms(run.Latency.Quantile(0.99)),
		Max: ms(run.Latency.Max()), Errors: run.Errors, Examples: run.Examples,
		Foreign: Foreign(spent, took),
	}
	r.Cost = NewCost(spent, requests)
	return r
}

// NewOpen is the result of a run at a part of the full rate.
func NewOpen(name string, percent int, rate float64, run load.OpenResult) Open {
	return Open{
		Name: name, Percent: percent, Rate: rate, PerSecond: run.Rate,
		P50: ms(run.Latency.Quantile(0.5)), P99: ms(run.Latency.Quantile(0.99)), P999: ms(run.Latency.Quantile(0.999)),
		Max: ms(run.Latency.Max()), BehindP99: ms(run.Behind.Quantile(0.99)), Errors: run.Errors,
	}
}

// NewCost divides what the system spent by the number of requests.
func NewCost(spent measure.Counters, requests int64) Cost {
	each := 1 / float64(max(requests, 1))
	c := Cost{
		CPU: map[string]float64{}, Redis: map[string]float64{},
		Statements: float64(spent.Statements()) * each, Syncs: float64(spent.Syncs()) * each,
		IndexReads: float64(spent.IndexReads()) * each, StateReads: float64(spent.StateReads()) * each,
		StateWrites: float64(spent.StateWrites()) * each, Events: float64(spent.Events()) * each,
		Commands: float64(spent.Commands()) * each,
	}
	for part, used := range spent.CPU {
		c.CPU[part] = float64(used.Microseconds()) * each
	}
	for command, calls := range spent.Redis {
		c.Redis[command] = float64(calls) * each
	}
	return c
}

// Foreign is the part of the machine, in percent, that processes used which belong
// neither to the stack nor to the benchmark.
func Foreign(spent measure.Counters, took time.Duration) float64 {
	other := spent.Machine
	for _, used := range spent.CPU {
		other -= used
	}
	return max(percent(other, took), 0)
}

// Stack is the part of the machine, in percent, that the stack used.
func Stack(spent measure.Counters, took time.Duration) float64 {
	var all time.Duration
	for part, used := range spent.CPU {
		if part != measure.Generator {
			all += used
		}
	}
	return percent(all, took)
}

func percent(used, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return 100 * used.Seconds() / took.Seconds() / float64(cores())
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// WriteJSON writes the report to a file.
func (r Report) WriteJSON(file string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}
