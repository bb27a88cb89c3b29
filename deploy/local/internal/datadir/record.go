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

// Process identifies a process; a later one with the same id differs in Started.
type Process struct {
	Part    string `json:"part"`
	PID     int    `json:"pid"`
	Started uint64 `json:"started"` // kernel's start time, in ticks since boot
}

// Record is stack.json. A later starter learns from it the ports of the last
// start, and the processes that may have outlived their starter.
type Record struct {
	// Environment decides where objects are stored, so a folder belongs to the first
	// in which a stack became ready. Empty means none yet.
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

// onlyEnvironment is the environment of records that name none, from before
// there was a choice.
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

// Alive reports whether the process still runs.
func (p Process) Alive() bool {
	started, err := StartTime(p.PID)
	return err == nil && started == p.Started
}

// StartTime reads when a process started, in ticks since boot. A zombie counts as
// ended.
func StartTime(pid int) (uint64, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	// The command, in parentheses, may contain any character; fields are counted
	// after it.
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

// ClearLeftovers waits until the processes of an earlier starter have ended, and
// kills the remaining ones after timeout. Normally the kernel has signalled them
// when their starter died, and they are about to end.
func (d Dir) ClearLeftovers(ctx context.Context, timeout time.Duration) error {
	r, err := d.ReadRecord()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(timeout)
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
