// Package build compiles the programs of a stack: those of the workspace, and the
// sidecar and the S3 server, which are modules of their own.
package build

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
)

// Builder builds one checkout into its bin folder.
type Builder struct {
	Root    string
	Console *console.Console
	// Run starts a command and waits for it.
	Run func(ctx context.Context, cmd *exec.Cmd) error
}

// Bin is the path of a program.
func (b Builder) Bin(name string) string { return filepath.Join(b.Root, "bin", name) }

// Programs builds the named programs with one call of the compiler, which skips
// those that are up to date.
func (b Builder) Programs(ctx context.Context, names []string) error {
	args := []string{"build", "-v", "-o", filepath.Join(b.Root, "bin") + string(filepath.Separator)}
	for _, name := range names {
		folder, err := b.source(name)
		if err != nil {
			return err
		}
		args = append(args, folder)
	}
	step := b.Console.Step("build " + strings.Join(names, ", "))
	n, err := b.compile(ctx, step, b.Root, nil, 0, args)
	if err != nil {
		return err
	}
	if n > 0 {
		step.Done("%d packages", n)
	}
	return nil
}

// source is the package of a program, seen from the root: a folder of the root
// itself, as the gateway has, one of services, or an operator's tool.
func (b Builder) source(name string) (string, error) {
	for _, folder := range []string{name, filepath.Join("services", name), filepath.Join("deploy", "ops", "cmd", name)} {
		if _, err := os.Stat(filepath.Join(b.Root, folder, "main.go")); err == nil {
			return "." + string(filepath.Separator) + folder, nil
		}
	}
	return "", fmt.Errorf("no source of program %q: neither %[1]s, services/%[1]s nor deploy/ops/cmd/%[1]s has a main.go", name)
}

// compile runs `go build -v` and counts the packages it reports. total is how
// many to expect, 0 when unknown.
func (b Builder) compile(ctx context.Context, step *console.Step, dir string, env []string, total int, args []string) (int, error) {
	compiled := 0
	err := b.goCommand(ctx, step, dir, env, args, nil, func(line string) bool {
		if !isPackage(line) {
			return false
		}
		compiled++
		if total > 0 {
			step.Update("%d of %d packages", compiled, total)
		} else {
			step.Update("%d packages", compiled)
		}
		return true
	})
	return compiled, err
}

// goCommand runs the go command with standard output to out. A message that is
// neither about a download nor accepted by known becomes part of the error.
func (b Builder) goCommand(ctx context.Context, step *console.Step, dir string, env, args []string, out io.Writer, known func(line string) bool) error {
	fetched := 0
	var failure bytes.Buffer
	lines := console.NewLines(func(line string) {
		switch {
		case strings.HasPrefix(line, "go: downloading "):
			fetched++
			step.Update("downloading modules, %d so far", fetched)
		case known(line):
		default:
			failure.WriteString(line + "\n")
		}
	})
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = out, lines
	err := b.Run(ctx, cmd)
	lines.Flush()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, bytes.TrimSpace(failure.Bytes()))
	}
	return nil
}

// isPackage reports whether a line is an import path, as -v prints it.
func isPackage(line string) bool {
	return line != "" && !strings.ContainsAny(line, " \t:#")
}
