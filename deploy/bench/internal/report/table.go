package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/measure"
)

// Groups are the columns of the table that add up processes.
type Groups struct{ Gateway, GatewayDaprd, Services, Sidecars, Database, Redis float64 }

// Sum is the CPU time of the whole system, without the load generator.
func (g Groups) Sum() float64 {
	return g.Gateway + g.GatewayDaprd + g.Services + g.Sidecars + g.Database + g.Redis
}

// Grouped adds up the CPU time of the processes. A second replica counts with the
// first one.
func (c Cost) Grouped() Groups {
	var g Groups
	for part, used := range c.CPU {
		program, sidecar := strings.CutSuffix(part, "-daprd")
		gateway := strings.HasPrefix(program, "gateway") || program == "proxy"
		switch {
		case part == measure.Generator:
		case part == "mysql":
			g.Database += used
		case part == "redis":
			g.Redis += used
		case gateway && sidecar:
			g.GatewayDaprd += used
		case gateway:
			g.Gateway += used
		case sidecar:
			g.Sidecars += used
		default:
			g.Services += used
		}
	}
	return g
}

// Print prints everything.
func (r Report) Print(out io.Writer) error {
	t, err := NewTable(out)
	if err != nil {
		return err
	}
	for _, result := range r.Endpoints {
		if err := t.Add(result); err != nil {
			return err
		}
	}
	if err := t.End(); err != nil {
		return err
	}
	if len(r.Open) > 0 {
		if err := PrintOpen(out, r.Open); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "p50 and p99 in ms; gateway to load in microseconds of CPU per request; SQL to Redis per request; "+
		"drain: seconds until all events were processed; foreign: CPU that others used\n"+
		"%d connections, %.0f s each, scale %d, %d cores, commit %s, %s; the idle stack uses %.1f%% of the machine\n%s\n",
		r.Connections, r.Seconds, r.Shape.Scale, r.Machine.Cores, r.Commit, r.Date.Format(time.DateTime), r.IdleCPU, r.Audit)
	if err != nil {
		return err
	}
	for _, fault := range r.Faults {
		if _, err := fmt.Fprintln(out, "FAULT", fault); err != nil {
			return err
		}
	}
	return nil
}

// header begins the table. The columns of every line follow it.
const header = "\t/s\tp50\tp99\terrors\tgateway\tits sidecar\tservices\tsidecars\tDB\tRedis\tsum\tload\tSQL\tfsync\tindex\tstate r\tstate w\tevents\tRedis\tdrain s\tforeign %\t"

// Table prints the endpoints.
type Table struct{ out *tabwriter.Writer }

// NewTable prints the heads of the columns.
func NewTable(out io.Writer) (*Table, error) {
	t := &Table{tabwriter.NewWriter(out, 0, 0, 1, ' ', tabwriter.AlignRight)}
	_, err := fmt.Fprintln(t.out, header)
	return t, err
}

// Add adds a line.
func (t *Table) Add(r Result) error {
	var failed int64
	for _, n := range r.Errors {
		failed += n
	}
	g, c := r.Cost.Grouped(), r.Cost
	drain := "-"
	if r.Drain > 0 {
		drain = fmt.Sprintf("%.1f", r.Drain)
	}
	_, err := fmt.Fprintf(t.out, "%s\t%.0f\t%.1f\t%.1f\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.0f\t\n",
		r.Title, r.PerSecond, r.P50, r.P99, failed,
		g.Gateway, g.GatewayDaprd, g.Services, g.Sidecars, g.Database, g.Redis, g.Sum(), c.CPU[measure.Generator],
		short(c.Statements), short(c.Syncs), short(c.IndexReads), short(c.StateReads), short(c.StateWrites), short(c.Events), short(c.Commands),
		drain, r.Foreign)
	return err
}

// short prints small numbers with one or two digits after the point.
func short(n float64) string {
	switch {
	case n >= 100:
		return fmt.Sprintf("%.0f", n)
	case n >= 10:
		return fmt.Sprintf("%.1f", n)
	default:
		return fmt.Sprintf("%.2f", n)
	}
}

// End prints the lines.
func (t *Table) End() error { return t.out.Flush() }

// PrintOpen prints the open-loop part.
func PrintOpen(out io.Writer, results []Open) error {
	t := tabwriter.NewWriter(out, 0, 0, 1, ' ', tabwriter.AlignRight)
	if _, err := fmt.Fprintln(t, "open loop\t%\trate\t/s\tp50\tp99\tp99.9\tmax\tsent late p99\terrors\t"); err != nil {
		return err
	}
	for _, r := range results {
		var failed int64
		for _, n := range r.Errors {
			failed += n
		}
		if _, err := fmt.Fprintf(t, "%s\t%d\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t\n",
			r.Name, r.Percent, r.Rate, r.PerSecond, r.P50, r.P99, r.P999, r.Max, r.BehindP99, failed); err != nil {
			return err
		}
	}
	return t.Flush()
}
