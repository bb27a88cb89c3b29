// Package supervise runs the processes of a stack: starts each when what it
// needs is ready, starts it again when it dies, holds it down on request, and
// ends all of them, whatever happens to the supervisor itself.
//
// It is made for Linux: the kernel is asked to end a process when its
// supervisor dies, also by kill -9.
package supervise

import (
	"context"
	"io"
	"syscall"
	"time"
)

// Spec describes one process to look after.
type Spec struct {
	Name string
	Path string   // of the program
	Args []string // without the program's name
	Env  []string // complete
	Dir  string
	Port int // the listener that people ask for; only shown

	// Needs names the parts that have to be ready before the first start.
	Needs []string
	// Ready is asked again and again after every start until it returns nil.
	Ready func(ctx context.Context) error
	// Layer orders the end: the highest goes first, a layer at a time.
	Layer int
	// Grace is the time between the polite signal and SIGKILL.
	Grace time.Duration
	// Orphan is the signal the kernel sends when the supervisor dies: SIGKILL
	// (the default) leaves nothing for certain, SIGTERM suits a program that
	// has data to put in order and is known to obey.
	Orphan syscall.Signal
}

// State is what a part is doing.
type State string

// The states of a part.
const (
	Waiting  State = "waiting"  // for another part
	Starting State = "starting" // runs, not ready yet
	Running  State = "running"  // was ready since it started
	Crashed  State = "crashed"  // ended by itself, will be started again
	Stopped  State = "stopped"  // on request
	Ended    State = "ended"    // for good
)

// Status is a part at one moment.
type Status struct {
	Name     string    `json:"name"`
	State    State     `json:"state"`
	PID      int       `json:"pid,omitempty"`
	Port     int       `json:"port,omitempty"`
	Restarts int       `json:"restarts"`
	Since    time.Time `json:"since"` // of the state
	RSSBytes int64     `json:"rss_bytes,omitempty"`
	LastExit string    `json:"last_exit,omitempty"`
}

// Options configure a supervisor.
type Options struct {
	// Output opens the place for what a part prints; it is closed when the
	// process ends.
	Output func(part string) (io.WriteCloser, error)
	// Changed is told about every change, in order; it must not call back.
	Changed func(Status)
	Backoff Backoff
}
