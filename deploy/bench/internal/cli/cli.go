// Package cli is the command line of the benchmark.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/ceiling"
)

type commands struct {
	Run     runCommand     `cmd:"" default:"withargs" help:"Measure the stack that runs beside this command (bin/douyin with -- bin/bench)."`
	Ceiling ceilingCommand `cmd:"" hidden:"" help:"Answer from memory until standard input ends."`
}

// console are the streams of the program.
type console struct{ out, err io.Writer }

// progress prints a line beside the results.
func (c *console) progress(format string, args ...any) {
	// A console that cannot be written to is no reason to stop.
	_, _ = fmt.Fprintf(c.err, "bench: "+format+"\n", args...)
}

// errFound ends the program with code 1; the report says why.
func errFound() error { return errors.New("the benchmark found faults") }

// The exit codes.
const (
	exitFound = 1 // wrong answers, a violation, or the benchmark failed
	exitUsage = 2
)

// Main runs the command line and returns the exit code.
func Main(ctx context.Context, args []string, out, stderr io.Writer) int {
	streams := &console{out, stderr}
	ended := -1
	var c commands
	parser, err := kong.New(&c, kong.Name("bench"), kong.Description("Measures Douyin."), kong.Writers(out, stderr),
		kong.Exit(func(code int) { ended = code }), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(streams))
	if err != nil {
		streams.progress("%v", err)
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if ended >= 0 {
		return ended
	}
	if err != nil {
		streams.progress("%v; `bench --help` shows how to call it", err)
		return exitUsage
	}
	if err := parsed.Run(); err != nil {
		streams.progress("%v", err)
		return exitFound
	}
	return 0
}

type ceilingCommand struct {
	Port int `help:"First port to try." default:"20900"`
}

// Run answers until standard input ends.
func (c *ceilingCommand) Run(ctx context.Context) error {
	return ceiling.Serve(ctx, c.Port, os.Stdin, os.Stdout)
}
