// Package sandbox runs a program that reads what strangers have sent: in a
// process group of its own that does not outlive this process, within limits of
// memory, time and files, with an empty environment, the lowest priority and no
// new privileges; and, where the kernel permits, without a network, without
// capabilities, and with no file in reach but the system's libraries and one
// folder.
//
// The limits are set by this program itself, started once more: a child
// is our own program, which takes the limits on and then becomes the other one.
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

// Mode says what to do where the kernel does not permit to confine files and
// network. Limits are set in every mode.
type Mode string

// The modes.
const (
	Auto    Mode = "auto"    // confine by what there is
	Require Mode = "require" // not to start where something is missing
	Off     Mode = "off"     // do not confine
)

// Limits of one program. All have to be set.
type Limits struct {
	Memory   uint64        // bytes of address space
	FileSize uint64        // bytes of each file that it writes
	CPU      time.Duration // of all its threads
	Files    uint64        // open at the same time
}

// Box runs programs.
type Box struct {
	temp      string
	namespace bool // without network
	landlock  bool // without files
	stripped  bool // without capabilities
	spawner   *spawner
}

// New finds out what the kernel permits, in a temporary folder below temp, or
// below the system's where that is empty.
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

// check starts a child that confines itself and ends.
func (b *Box) check(ctx context.Context) error {
	folder, err := os.MkdirTemp(b.temp, "sandbox-check-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	limits := Limits{Memory: 1 << 30, FileSize: 1 << 20, CPU: time.Minute, Files: 64}
	return b.Run(ctx, Command{Folder: folder, Limits: limits})
}

// Close ends the children that are still there.
func (b *Box) Close() { b.spawner.close() }

// Cuts says what children are kept from, for tests.
func (b *Box) Cuts() (network, files bool) { return b.namespace, b.landlock }

// self is this program, also after its file was replaced.
func self() string {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe"
	}
	return os.Args[0]
}
