package report

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Machine describes the computer.
type Machine struct {
	Cores  int    `json:"cores"`
	CPU    string `json:"cpu"`
	Memory string `json:"memory"`
	Kernel string `json:"kernel"`
	Load   string `json:"load"` // average of the last minute at the start
}

func cores() int { return runtime.NumCPU() }

// ThisMachine describes the computer that this program runs on.
func ThisMachine() Machine {
	m := Machine{Cores: cores(), CPU: field("/proc/cpuinfo", "model name"), Memory: field("/proc/meminfo", "MemTotal")}
	m.Kernel = strings.TrimSpace(read("/proc/sys/kernel/osrelease"))
	m.Load, _, _ = strings.Cut(read("/proc/loadavg"), " ")
	return m
}

// read returns a file, or "" if it cannot be read: a report without a detail is
// better than none.
func read(file string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(raw)
}

// field returns the value of the first line "name : value".
func field(file, name string) string {
	lines := bufio.NewScanner(strings.NewReader(read(file)))
	for lines.Scan() {
		key, value, found := strings.Cut(lines.Text(), ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Commit names the commit of a checkout, with a mark if files were changed; "" if
// that is not known.
func Commit(ctx context.Context, root string) string {
	return first(ctx, "git", "-C", root, "describe", "--always", "--dirty", "--abbrev=10")
}

// Versions are the versions of the programs that a stack is made of.
func Versions(ctx context.Context, root string) map[string]string {
	return map[string]string{
		"go":       runtime.Version(),
		"daprd":    first(ctx, filepath.Join(root, "bin", "daprd"), "--version"),
		"redis":    first(ctx, "redis-server", "--version"),
		"database": first(ctx, "mariadbd", "--version"),
	}
}

// first is the first line that a command prints; "" if it fails.
func first(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output() //nolint:gosec // constants
	if err != nil {
		return ""
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
	return string(line)
}
