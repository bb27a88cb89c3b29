// Package tool is the frame of the operator's programs: how they read their
// arguments, and what their exit codes mean.
package tool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"
)

// The exit codes of every tool.
const (
	ExitFound = 1 // the tool found something that needs attention, or it failed
	ExitUsage = 2 // the tool was called wrongly
)

// ExitCode ends a tool with a code and without a message.
type ExitCode int

func (c ExitCode) Error() string { return "exit code " + strconv.Itoa(int(c)) }

// UsageError is a wrong call. Its text names the cure.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// Main parses the arguments into commands, a pointer to the struct of the flags,
// runs the command they name and returns the exit code. Run methods receive a
// context that an interrupt ends.
func Main(name, description string, args []string, commands any, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, name, description, args, commands)
	var code ExitCode
	var usage UsageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	if _, writeErr := fmt.Fprintf(stderr, "%s: %v\n", name, err); writeErr != nil {
		return ExitFound
	}
	if errors.As(err, &usage) {
		return ExitUsage
	}
	return ExitFound
}

func run(ctx context.Context, name, description string, args []string, commands any) error {
	helpShown := false
	parser, err := kong.New(commands, kong.Name(name), kong.Description(description),
		kong.Exit(func(int) { helpShown = true }), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if helpShown {
		return nil
	}
	if err != nil {
		return UsageError(fmt.Sprintf("%v; `%s --help` shows how to call it", err, name))
	}
	return parsed.Run(commands)
}
