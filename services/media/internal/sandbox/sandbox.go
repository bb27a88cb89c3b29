// Package sandbox runs programs on untrusted input. A program runs in a process
// group that does not outlive this process, with limits of memory, time and files,
// an empty environment, the lowest priority and no new privileges. If the kernel
// permits, it has no network, no capabilities, and access to no files except the
// system's libraries and one folder.
//
// A child first executes this program again, which sets the limits of its own
// process and then executes the other program.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// Mode decides what happens if the kernel cannot confine files or network. Limits
// are set in every mode.
type Mode string

// The modes.
const (
	Auto    Mode = "auto"    // confine as far as possible
	Require Mode = "require" // return an error if something is missing
	Off     Mode = "off"     // do not confine
)

// Limits bounds one program. All are required.
type Limits struct {
	Memory   uint64        // bytes of address space
	FileSize uint64        // bytes of each file that it writes
	CPU      time.Duration // of all threads together
	Files    uint64        // open files
}

// Box runs programs in the sandbox.
type Box struct {
	temp      string
	namespace bool // children have no network
	landlock  bool // children cannot access other files
	stripped  bool // children have no capabilities
	spawner   *spawner
}

// New finds out what the kernel permits. It uses a temporary folder below temp, or
// below the system's if temp is empty.
func New(ctx context.Context, mode Mode, temp string, log *slog.Logger) (*Box, error) {
	b := &Box{temp: temp, spawner: newSpawner()}
	if err := b.probe(ctx, mode); err != nil {
		b.Close()
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	level := slog.LevelInfo
	if mode == Auto && (!b.namespace || !b.landlock) {
		level = slog.LevelWarn
	}
	log.Log(ctx, level, "sandbox", "mode", string(mode), "network_cut_off", b.namespace, "files_cut_off", b.landlock)
	return b, nil
}

func (b *Box) probe(ctx context.Context, mode Mode) error {
	if mode == Off {
		return b.check(ctx)
	}
	b.stripped = os.Geteuid() == 0
	abi, err := ll.LandlockGetABIVersion()
	b.landlock = err == nil && abi > 0
	b.namespace = true
	err = b.check(ctx)
	if err != nil {
		b.namespace = false
	}
	switch {
	case mode == Require && err != nil:
		return fmt.Errorf("no network namespace: %w", err)
	case mode == Require && !b.landlock:
		return errors.New("the kernel has no landlock")
	case err != nil:
		return b.check(ctx)
	default:
		return nil
	}
}

// check runs a child that only confines itself.
func (b *Box) check(ctx context.Context) error {
	folder, err := os.MkdirTemp(b.temp, "sandbox-check-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	limits := Limits{Memory: 1 << 30, FileSize: 1 << 20, CPU: time.Minute, Files: 64}
	return b.Run(ctx, Command{Folder: folder, Limits: limits})
}

// Close kills the remaining children.
func (b *Box) Close() { b.spawner.close() }

// Cuts reports whether children are cut off from network and files, for tests.
func (b *Box) Cuts() (network, files bool) { return b.namespace, b.landlock }

// self is the path of this program, even after its file was replaced.
func self() string {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe"
	}
	return os.Args[0]
}
