package datadir

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// Process identifies a process; a later one with the same id differs in Started.
type Process struct {
	Part    string `json:"part"`
	PID     int    `json:"pid"`
	Started uint64 `json:"started"` // kernel's start time, in ticks since boot
}

// Record is stack.json: what a later starter has to know of this one.
type Record struct {
	// Environment decides where objects are stored, so a folder belongs to the first
	// in which a stack became ready. Empty means none yet.
	Environment string    `json:"environment"`
	Processes   []Process `json:"processes"` // that may outlive their starter
}

const recordFile = "stack.json"

// WriteRecord replaces stack.json.
func (d Dir) WriteRecord(r Record) error { return writeJSON(d.path(recordFile), r) }

// onlyEnvironment is the environment of records that name none, from before
// there was a choice.
const onlyEnvironment = "local"

// ReadRecord reads stack.json; a missing one is an empty record.
func (d Dir) ReadRecord() (Record, error) {
	r := Record{Environment: onlyEnvironment}
	exists, err := readJSON(d.path(recordFile), &r)
	if err != nil || !exists {
		return Record{}, err
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
	process, err := procfs.NewProc(pid)
	if err != nil {
		return 0, err
	}
	stat, err := process.Stat()
	if err == nil && stat.State == "Z" {
		err = fmt.Errorf("process %d has ended", pid)
	}
	return stat.Starttime, err
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
