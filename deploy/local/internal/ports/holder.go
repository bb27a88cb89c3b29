package ports

import (
	"fmt"
	"slices"

	"github.com/prometheus/procfs"
)

// Holder is the process that listens on a port.
type Holder struct {
	PID     int // 0: not visible, so another user's
	Command string
}

func (h Holder) String() string {
	if h.PID == 0 {
		return "a process of another user"
	}
	return fmt.Sprintf("pid %d (%s)", h.PID, h.Command)
}

// HolderOf returns the process that listens on a TCP port.
func HolderOf(port int) Holder {
	const listening = 10 // the kernel's TCP_LISTEN
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return Holder{}
	}
	var links []string
	for _, table := range []func() (procfs.NetTCP, error){proc.NetTCP, proc.NetTCP6} { //nolint:staticcheck // netlink, which replaces the tables, is too much for a message
		sockets, _ := table() // a kernel without IPv6 has one table
		for _, socket := range sockets {
			if socket.St == listening && socket.LocalPort == uint64(port) {
				links = append(links, fmt.Sprintf("socket:[%d]", socket.Inode))
			}
		}
	}
	processes, _ := proc.AllProcs()
	for _, process := range processes {
		// The descriptors of another user's process cannot be read.
		targets, _ := process.FileDescriptorTargets()
		if slices.ContainsFunc(targets, func(target string) bool { return slices.Contains(links, target) }) {
			name, _ := process.Comm() // empty if it has just ended
			return Holder{PID: process.PID, Command: name}
		}
	}
	return Holder{}
}
