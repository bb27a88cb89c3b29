// Package install finds the programs of other projects that a stack needs, and
// installs missing ones with apt if it is allowed to.
package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
)

// Need is a required program.
type Need struct {
	Name     string
	Packages []string // of Debian and its relatives
	Find     func(ctx context.Context) error
}

// Databases are needed by every stack.
func Databases() []Need {
	return []Need{
		{"Redis", []string{"redis-server"}, func(context.Context) error { _, err := infra.FindRedis(); return err }},
		{"MariaDB", []string{"mariadb-server"}, func(ctx context.Context) error { _, err := infra.FindMySQL(ctx); return err }},
	}
}

// Media is needed to process videos.
func Media() Need {
	return Need{"ffmpeg", []string{"ffmpeg"}, func(context.Context) error {
		_, err := exec.LookPath("ffmpeg")
		_, probeErr := exec.LookPath("ffprobe")
		return errors.Join(err, probeErr)
	}}
}

// Compiler is the C compiler that the race detector needs.
func Compiler() Need {
	return Need{"a C compiler with headers", []string{"gcc", "libc6-dev"}, func(ctx context.Context) error {
		return exec.CommandContext(ctx, "cc", "-E", "-include", "stdlib.h", "-x", "c", "/dev/null").Run()
	}}
}

// Missing returns the needs that cannot be found.
func Missing(ctx context.Context, needs []Need) []Need {
	var missing []Need
	for _, need := range needs {
		if need.Find(ctx) != nil {
			missing = append(missing, need)
		}
	}
	return missing
}

// Names lists the names of needs.
func Names(needs []Need) string {
	var names []string
	for _, need := range needs {
		names = append(names, need.Name)
	}
	return strings.Join(names, ", ")
}

// Command is the shell command that installs the packages of needs.
func Command(needs []Need) string {
	return "sudo apt-get install -y --no-install-recommends " + strings.Join(packages(needs), " ")
}

// Advice explains how to install missing programs by hand.
func Advice(missing []Need) string {
	return fmt.Sprintf("missing: %s. On Debian or Ubuntu:\n\n    sudo apt-get update && %s\n\n"+
		"On other systems install the packages of the same programs; they must be on the PATH.",
		Names(missing), Command(missing))
}

func packages(needs []Need) []string {
	var all []string
	for _, need := range needs {
		all = append(all, need.Packages...)
	}
	return all
}

// Installer installs packages with apt-get.
type Installer struct {
	Console *console.Console
	Run     func(ctx context.Context, cmd *exec.Cmd) error
}

// Ensure installs missing programs. If it is not allowed to, the error explains how.
func (i Installer) Ensure(ctx context.Context, needs []Need) error {
	missing := Missing(ctx, needs)
	if len(missing) == 0 {
		return nil
	}
	prefix, ok := mayInstall(ctx)
	if !ok {
		return fmt.Errorf("%s", Advice(missing))
	}
	step := i.Console.Step("install " + Names(missing))
	if err := i.apt(ctx, step, prefix, "update"); err != nil {
		return err
	}
	args := append([]string{"install", "-y", "--no-install-recommends"}, packages(missing)...)
	if err := i.apt(ctx, step, prefix, args...); err != nil {
		return err
	}
	if left := Missing(ctx, missing); len(left) > 0 {
		return fmt.Errorf("installed, but not found; %s", Advice(left))
	}
	step.Done("installed")
	return nil
}

func (i Installer) apt(ctx context.Context, step *console.Step, prefix []string, args ...string) error {
	// RUNLEVEL=1 keeps the packages from starting their services: the stack runs
	// the programs itself, on other ports.
	command := append(prefix, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get")
	command = append(command, args...)
	var output bytes.Buffer
	lines := console.NewLines(func(line string) {
		output.WriteString(line + "\n")
		step.Update("%s", shorten(line))
	})
	// Without a context: the runner interrupts it, because a killed dpkg leaves a
	// broken system.
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // apt-get, perhaps behind sudo
	cmd.Stdout, cmd.Stderr = lines, lines
	if err := i.Run(ctx, cmd); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, lastLines(output.String(), 15))
	}
	return nil
}

// mayInstall reports whether apt-get exists and can run as root, and with which
// prefix.
func mayInstall(ctx context.Context) (prefix []string, ok bool) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return nil, false
	}
	if os.Geteuid() == 0 {
		return nil, true
	}
	if exec.CommandContext(ctx, "sudo", "-n", "true").Run() == nil {
		return []string{"sudo", "-n"}, true
	}
	return nil, false
}

func shorten(line string) string {
	const width = 50
	if runes := []rune(strings.TrimSpace(line)); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return strings.TrimSpace(line)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// Toolchain is the version of the go command.
func Toolchain(ctx context.Context, root string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	cmd.Dir = filepath.Clean(root)
	output, err := cmd.Output()
	return strings.TrimSpace(string(output)), err
}
