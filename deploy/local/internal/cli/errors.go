package cli

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
)

// ExitCode ends the program with a code and without a message.
type ExitCode int

func (c ExitCode) Error() string { return "exit code " + strconv.Itoa(int(c)) }

// ExitMisuse is the exit code after a MisuseError.
const ExitMisuse = 2

// MisuseError is a command that cannot work as given. Its text is one sentence
// with the cure.
type MisuseError struct{ cause error }

func (e *MisuseError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *MisuseError) Unwrap() error { return e.cause }

func misuse(format string, args ...any) error { return &MisuseError{fmt.Errorf(format, args...)} }

// explainNotRunning adds the cure to control.ErrNotRunning.
func explainNotRunning(err error, dir datadir.Dir) error {
	if errors.Is(err, control.ErrNotRunning) {
		return misuse("no stack runs on %s: start one with `%s`", dir.Short(), command("up"))
	}
	return err
}
