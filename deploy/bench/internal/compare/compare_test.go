package compare_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/compare"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/endpoint"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/report"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stats"
)

// machine is what two builds share: it becomes slower and faster.
type machine struct {
	random *rand.Rand
	calls  string
}

// build is a fake build of a speed.
type build struct {
	*machine
	name   string
	speed  float64
	faults []string
	err    error
}

func (b build) Closed(context.Context, endpoint.Endpoint) (report.Result, []string, error) {
	b.calls += b.name
	// The load changes slowly, so that the two turns of a round see much the same.
	load := 1 + 0.5*math.Sin(float64(len(b.calls))/20)
	rate := 1000 * b.speed / load * math.Exp(0.02*b.random.NormFloat64())
	r := report.Result{PerSecond: rate, P50: 32_000 / rate, P99: 64_000 / rate}
	r.Cost.CPU = map[string]float64{"gateway": 100 / b.speed}
	r.Cost.Statements = 0.001
	return r, b.faults, b.err
}

func run(t *testing.T, speed float64, rounds int) (compare.Result, *machine) {
	t.Helper()
	m := &machine{random: rand.New(rand.NewPCG(1, 2))}
	endpoints, err := endpoint.Named([]string{"like", "feed"})
	if err != nil {
		t.Fatal(err)
	}
	result, err := compare.Run(t.Context(), build{machine: m, name: "a", speed: 1}, build{machine: m, name: "b", speed: speed},
		endpoints, compare.Options{Rounds: rounds, Confidence: 0.95, Margin: 0.05}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	return result, m
}

func TestTheSameBuildDoesNotDiffer(t *testing.T) {
	result, m := run(t, 1, 8)
	for _, line := range result.Lines {
		for _, v := range line.Values {
			if v.Verdict != stats.Same {
				t.Errorf("%s, %s: %s, ratio %+v", line.Name, v.Name, v.Verdict, v.Ratio)
			}
		}
	}
	if !strings.HasPrefix(m.calls, "abbaabba") || len(m.calls) != 2*2*9 {
		t.Errorf("turns %s, want them to alternate, with one round to warm up", m.calls)
	}
}

func TestAFasterBuildIsFound(t *testing.T) {
	result, _ := run(t, 1.5, 8)
	if len(result.Lines) != 2 || result.Lines[0].Name != "feed" {
		t.Fatalf("lines %+v", result.Lines)
	}
	want := map[string]stats.Verdict{"/s": stats.More, "p50 ms": stats.Less, "p99 ms": stats.Less, "CPU us": stats.Less, "SQL": stats.Same}
	for _, line := range result.Lines {
		for _, v := range line.Values {
			if v.Verdict != want[v.Name] {
				t.Errorf("%s, %s: %s, ratio %+v, want %s", line.Name, v.Name, v.Verdict, v.Ratio, want[v.Name])
			}
		}
		if rate := line.Values[0].Ratio; rate.Low > 1.5 || rate.High < 1.5 {
			t.Errorf("%s: the interval %+v lacks the true ratio 1.5", line.Name, rate)
		}
	}
	var out bytes.Buffer
	if err := result.Print(&out); err != nil || !strings.Contains(out.String(), "B is higher") {
		t.Errorf("%v:\n%s", err, &out)
	}
}

func TestFaultsAndErrorsNameTheBuild(t *testing.T) {
	m := &machine{random: rand.New(rand.NewPCG(1, 2))}
	endpoints, err := endpoint.Named([]string{"like"})
	if err != nil {
		t.Fatal(err)
	}
	o := compare.Options{Rounds: 2, Confidence: 0.95, Margin: 0.05}
	good := build{machine: m, name: "a", speed: 1}
	wrong := build{machine: m, name: "b", speed: 1, faults: []string{"like: 3 errors"}}
	result, err := compare.Run(t.Context(), good, wrong, endpoints, o, func(string) {})
	if err != nil || len(result.Faults) != 3 || result.Faults[0] != "B: like: 3 errors" {
		t.Errorf("faults %q, %v", result.Faults, err)
	}
	broken := build{machine: m, name: "b", err: errors.New("down")}
	if _, err := compare.Run(t.Context(), good, broken, endpoints, o, func(string) {}); err == nil || !strings.Contains(err.Error(), "like of B: down") {
		t.Errorf("%v", err)
	}
}
