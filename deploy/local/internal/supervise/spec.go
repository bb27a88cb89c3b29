// Package supervise runs the processes of a stack. It starts each when the parts
// that it needs are ready, restarts it when it ends, stops and starts it on
// request, and ends all of them, whatever happens to the supervisor itself.
//
// It needs Linux: the kernel ends a process when its supervisor dies, even by
// kill -9.
package supervise

import (
	"context"
	"io"
	"syscall"
	"time"
)

// Spec describes one supervised process.
type Spec struct {
	Name string
	Path string   // of the program
	Args []string // without the program's name
	Env  []string // complete
	Dir  string
	Port int // its main listener; only shown

	// Needs names the parts that must be ready before the first start.
	Needs []string
	// Ready is called repeatedly after every start until it returns nil.
	Ready func(ctx context.Context) error
	// Layer orders the stop: the highest layer stops first.
	Layer int
	// Grace is the time between SIGTERM and SIGKILL.
	Grace time.Duration
	// Orphan is the signal the kernel sends when the supervisor dies. SIGKILL, the
	// default, is certain; SIGTERM suits a program that has data to write and is
	// known to stop.
	Orphan syscall.Signal
}

// State is the state of a part.
type State string

// The states of a part.
const (
	Waiting  State = "waiting"  // for another part
	Starting State = "starting" // runs, not ready yet
	Running  State = "running"  // has been ready since it started
	Crashed  State = "crashed"  // ended by itself, will be restarted
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
	// Output opens the writer for a part's output; it is closed when the process
	// ends.
	Output func(part string) (io.WriteCloser, error)
	// Changed is called for every change, in order. It must not call the supervisor.
	Changed func(Status)
	Backoff Backoff
}
