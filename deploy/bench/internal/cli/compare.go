package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/compare"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/endpoint"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/report"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/run"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/seed"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stack"
)

type holdCommand struct{}

// Run keeps the stack that it runs beside.
func (holdCommand) Run(ctx context.Context, out *console) error { return compare.Hold(ctx, out.out) }

type compareCommand struct {
	A string `arg:"" help:"Folder of a checkout, or a commit of this one."`
	B string `arg:"" help:"The same."`

	driving    `embed:""`
	Rounds     int     `help:"Measured rounds of each endpoint and build." default:"8"`
	Confidence float64 `help:"Confidence of all intervals together." default:"0.95"`
	Margin     float64 `help:"Differences up to this part do not count." default:"0.05"`
	NoAudit    bool    `help:"Leave out the auditor."`
	JSON       string  `help:"Write the result to a file, too." name:"json" placeholder:"FILE" type:"path"`
}

func (c *compareCommand) validate() error {
	switch {
	case c.Rounds < 2 || c.Rounds > 1000:
		return errors.New("--rounds: 2 to 1000")
	case c.Confidence <= 0.5 || c.Confidence >= 1:
		return errors.New("--confidence: above 0.5 and below 1")
	case c.Margin < 0 || c.Margin > 1:
		return errors.New("--margin: 0 to 1")
	}
	return c.driving.validate()
}

// build is one of the two builds.
type build struct {
	commit  string
	close   []func() error // in reverse order
	stack   *stack.Stack
	measure *run.Bench
}

func (b *build) Close() error {
	var err error
	for i := len(b.close) - 1; i >= 0; i-- {
		err = errors.Join(err, b.close[i]())
	}
	return err
}

// Run compares.
func (c *compareCommand) Run(ctx context.Context, out *console) (err error) {
	if err := c.validate(); err != nil {
		return err
	}
	endpoints, err := endpoint.Named(c.Only)
	if err != nil {
		return err
	}
	var builds [2]build
	defer func() {
		for i := range builds {
			err = errors.Join(err, builds[i].Close())
		}
	}()
	for i, what := range []string{c.A, c.B} {
		out.progress("build and seed %c, %s", 'A'+i, what)
		if err := c.open(ctx, out, what, &builds[i]); err != nil {
			return fmt.Errorf("%c: %w", 'A'+i, err)
		}
	}
	o := compare.Options{Rounds: c.Rounds, Confidence: c.Confidence, Margin: c.Margin}
	result, err := compare.Run(ctx, builds[0].measure, builds[1].measure, endpoints, o, func(line string) { out.progress("%s", line) })
	if err != nil {
		return err
	}
	var audits [2]string
	for i := range builds {
		if c.NoAudit {
			break
		}
		out.progress("audit %c", 'A'+i)
		if audits[i], err = builds[i].stack.Audit(ctx); err != nil {
			result.Faults = append(result.Faults, fmt.Sprintf("%c: audit: %v\n%s", 'A'+i, err, audits[i]))
		}
	}
	return c.print(out, result, builds, audits)
}

// open starts and seeds a stack of one build.
func (c *compareCommand) open(ctx context.Context, out *console, what string, b *build) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	checkout, err := compare.Open(ctx, root, what)
	if err != nil {
		return err
	}
	b.close = append(b.close, checkout.Close)
	running, err := checkout.Start(ctx)
	if err != nil {
		return err
	}
	b.close = append(b.close, running.Stop)
	b.commit = report.Commit(ctx, checkout.Root)
	if b.stack, err = stack.Open(ctx, running.Location); err != nil {
		return err
	}
	data, err := seed.Fill(ctx, b.stack, c.shape(), func(line string) { out.progress("%s", line) })
	if err != nil {
		return err
	}
	if b.measure, err = run.New(b.stack, data, c.options()); err != nil {
		return err
	}
	b.close = append(b.close, b.measure.Close)
	return nil
}

// comparison is the JSON of a comparison.
type comparison struct {
	Date    time.Time      `json:"date"`
	Machine report.Machine `json:"machine"`
	A       string         `json:"a"`
	B       string         `json:"b"`
	CommitA string         `json:"commit_a"`
	CommitB string         `json:"commit_b"`
	compare.Result
	Audits [2]string `json:"audits"`
}

func (c *compareCommand) print(out *console, result compare.Result, builds [2]build, audits [2]string) error {
	full := comparison{
		Date: time.Now().UTC(), Machine: report.ThisMachine(), A: c.A, B: c.B,
		CommitA: builds[0].commit, CommitB: builds[1].commit, Result: result, Audits: audits,
	}
	if err := result.Print(out.out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out.out, "A is %s (%s), B is %s (%s); %d rounds of %.0f s, %d connections; all intervals hold together with %.0f%%\nA: %s\nB: %s\n",
		c.A, full.CommitA, c.B, full.CommitB, c.Rounds, c.Seconds, c.Connections, 100*c.Confidence, audits[0], audits[1])
	if err != nil {
		return err
	}
	if c.JSON != "" {
		raw, err := json.MarshalIndent(full, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.JSON, append(raw, '\n'), 0o644); err != nil {
			return err
		}
	}
	if len(result.Faults) > 0 {
		return errFound()
	}
	return nil
}
