package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/endpoint"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/report"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/run"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/seed"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stack"
)

// driving holds the flags about the load.
type driving struct {
	Only        []string      `help:"Names of endpoints to measure, separated by commas; all but the seldom ones without it."`
	Seconds     float64       `help:"How long each endpoint is driven." default:"5"`
	Connections int           `help:"Keep-alive connections." default:"32"`
	Scale       int           `help:"Size of the data set: 1, or more for a power law." default:"1"`
	Timeout     time.Duration `help:"Longest time for an answer." default:"10s"`
	Drain       time.Duration `help:"Longest time for the events of an endpoint to be processed." default:"60s"`
}

func (d driving) validate() error {
	const maxConnections = 512
	switch {
	case d.Seconds <= 0 || d.Seconds > 3600:
		return errors.New("--seconds: above 0, at most 3600")
	case d.Connections < 1 || d.Connections > maxConnections:
		return fmt.Errorf("--connections: 1 to %d", maxConnections)
	case d.Scale < 1 || d.Scale > 100:
		return errors.New("--scale: 1 to 100")
	case d.Timeout <= 0 || d.Drain <= 0:
		return errors.New("--timeout and --drain: above 0")
	}
	return nil
}

func (d driving) options() run.Options {
	return run.Options{
		Connections: d.Connections, Duration: time.Duration(d.Seconds * float64(time.Second)), Timeout: d.Timeout, Drain: d.Drain,
	}
}

func (d driving) shape() model.Shape { return model.NewShape(d.Scale, 2*d.Connections) }

type runCommand struct {
	driving
	Open        []string `help:"Names of endpoints for the open-loop part." default:"feed-token,profile,poll,like"`
	NoOpen      bool     `help:"Leave out the open-loop part."`
	NoCeilings  bool     `help:"Leave out the two Gin handlers."`
	NoAudit     bool     `help:"Leave out the auditor."`
	CeilingPort int      `help:"First port to try for the Gin handlers." default:"20900"`
	JSON        string   `help:"Write the report to a file, too." name:"json" placeholder:"FILE" type:"path"`
}

// Run measures.
func (c *runCommand) Run(ctx context.Context, out *console) error {
	if err := c.validate(); err != nil {
		return err
	}
	endpoints, err := endpoint.Named(c.Only)
	if err != nil {
		return err
	}
	open, err := c.openEndpoints(endpoints)
	if err != nil {
		return err
	}
	location, err := stack.FromEnvironment()
	if err != nil {
		return err
	}
	s, err := stack.Open(ctx, location)
	if err != nil {
		return err
	}
	began := time.Now()
	data, err := seed.Fill(ctx, s, c.shape(), func(line string) { out.progress("%s", line) })
	if err != nil {
		return err
	}
	out.progress("seeded in %s", time.Since(began).Round(time.Second))
	bench, err := run.New(s, data, c.options())
	if err != nil {
		return err
	}
	r := report.Report{
		Date: time.Now().UTC(), Machine: report.ThisMachine(), Commit: report.Commit(ctx, s.Root), Versions: report.Versions(ctx, s.Root),
		Shape: data.Shape, Connections: c.Connections, Seconds: c.Seconds,
	}
	err = c.measure(ctx, out, bench, endpoints, open, &r)
	err = errors.Join(err, bench.Close())
	if err == nil && !c.NoAudit {
		out.progress("audit")
		if r.Audit, err = s.Audit(ctx); err != nil {
			r.Faults = append(r.Faults, "audit: "+err.Error())
			err = nil
		}
	}
	return errors.Join(err, c.print(out, &r))
}

func (c *runCommand) measure(ctx context.Context, out *console, bench *run.Bench, endpoints, open []endpoint.Endpoint, r *report.Report) error {
	var err error
	if r.IdleCPU, err = bench.Idle(ctx); err != nil {
		return err
	}
	if !c.NoCeilings {
		results, err := bench.Ceilings(ctx, c.CeilingPort)
		if err != nil {
			return err
		}
		r.Endpoints = append(r.Endpoints, results...)
	}
	reached := map[string]float64{}
	for _, e := range endpoints {
		result, faults, err := bench.Closed(ctx, e)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
		out.progress("%s: %.0f/s, p50 %.1f ms, p99 %.1f ms", e.Title, result.PerSecond, result.P50, result.P99)
		reached[e.Name] = result.PerSecond
		r.Endpoints = append(r.Endpoints, result)
		r.Faults = append(r.Faults, faults...)
	}
	for _, e := range open {
		for _, percent := range []int{50, 70, 90} {
			result, faults, err := bench.Open(ctx, e, percent, reached[e.Name])
			if err != nil {
				return fmt.Errorf("%s at %d%%: %w", e.Name, percent, err)
			}
			r.Open = append(r.Open, result)
			r.Faults = append(r.Faults, faults...)
		}
	}
	return nil
}

// openEndpoints are the endpoints of the open-loop part, of those that are
// measured.
func (c *runCommand) openEndpoints(measured []endpoint.Endpoint) ([]endpoint.Endpoint, error) {
	if c.NoOpen || len(c.Open) == 0 {
		return nil, nil
	}
	named, err := endpoint.Named(c.Open)
	if err != nil {
		return nil, err
	}
	var open []endpoint.Endpoint
	for _, e := range named {
		for _, m := range measured {
			if m.Name == e.Name {
				open = append(open, e)
			}
		}
	}
	return open, nil
}

func (c *runCommand) print(out *console, r *report.Report) error {
	if err := r.Print(out.out); err != nil {
		return err
	}
	if c.JSON != "" {
		if err := r.WriteJSON(c.JSON); err != nil {
			return err
		}
	}
	if len(r.Faults) > 0 {
		return errFound()
	}
	return nil
}
