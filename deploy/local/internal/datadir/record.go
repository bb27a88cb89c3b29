package datadir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Process identifies a process beyond the reuse of its id.
type Process struct {
	Part    string `json:"part"`
	PID     int    `json:"pid"`
	Started uint64 `json:"started"` // kernel's start time, in ticks since boot
}

// Record is stack.json: what was started last, so that a later starter finds
// the ports again and any process that outlived its starter.
type Record struct {
	// Environment decides where objects are, so a folder stays with the first in
	// which a stack has become ready. Empty: none has yet.
	Environment string    `json:"environment"`
	Offset      int       `json:"offset"`
	Gateway     string    `json:"gateway"`   // host:port
	BaseURL     string    `json:"base_url"`  // for clients
	LocalURL    string    `json:"local_url"` // of the gateway, from this machine
	Processes   []Process `json:"processes"`
}

func (d Dir) recordPath() string { return filepath.Join(d.root, "stack.json") }

// WriteRecord replaces stack.json.
func (d Dir) WriteRecord(r Record) error { return writeJSON(d.recordPath(), r) }

// onlyEnvironment is that of records that name none: they are older than the
// choice.
const onlyEnvironment = "local"

// ReadRecord reads stack.json; a missing one is an empty record.
func (d Dir) ReadRecord() (Record, error) {
	var r Record
	raw, err := os.ReadFile(d.recordPath())
	if errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.Environment = onlyEnvironment
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("%s: %w", d.recordPath(), err)
	}
	return r, nil
}

// Alive reports whether it is still the same process that runs under the id.
func (p Process) Alive() bool {
	started, err := StartTime(p.PID)
	return err == nil && started == p.Started
}

// StartTime reads when a process began, in ticks since boot. A zombie counts as
// ended.
func StartTime(pid int) (uint64, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	// The command, in parentheses, may hold anything; fields count from behind it.
	end := bytes.LastIndexByte(raw, ')')
	if end < 0 {
		return 0, fmt.Errorf("process %d: unreadable stat", pid)
	}
	const (
		state     = 0
		startTime = 19
	)
	fields := bytes.Fields(raw[end+1:])
	if len(fields) <= startTime {
		return 0, fmt.Errorf("process %d: short stat", pid)
	}
	if string(fields[state]) == "Z" {
		return 0, fmt.Errorf("process %d has ended", pid)
	}
	return strconv.ParseUint(string(fields[startTime]), 10, 64)
}

// ClearLeftovers waits until what an earlier starter left behind has ended, and
// kills it when patience runs out. Normally the kernel has told those processes
// to end the moment their starter died, and they are about to.
func (d Dir) ClearLeftovers(ctx context.Context, patience time.Duration) error {
	r, err := d.ReadRecord()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	for _, process := range r.Processes {
		killed := false
		for process.Alive() {
			if !killed && time.Now().After(deadline) {
				killed = true
				if err := syscall.Kill(process.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
					return fmt.Errorf("%s (pid %d) of an earlier run cannot be stopped: %w", process.Part, process.PID, err)
				}
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return nil
}
