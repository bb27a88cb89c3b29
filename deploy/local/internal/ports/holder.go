package ports

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// HolderOf returns the process that listens on a TCP port; proc is normally
// /proc. found is false if no process does.
func HolderOf(proc string, port int) (holder Holder, found bool) {
	inodes := map[string]bool{}
	for _, table := range []string{"tcp", "tcp6"} {
		for _, inode := range listening(filepath.Join(proc, "net", table), port) {
			inodes["socket:["+inode+"]"] = true
		}
	}
	if len(inodes) == 0 {
		return Holder{}, false
	}
	descriptors, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "fd", "*"))
	if err != nil {
		return Holder{}, true
	}
	for _, descriptor := range descriptors {
		target, err := os.Readlink(descriptor)
		if err != nil || !inodes[target] {
			continue
		}
		folder := filepath.Dir(filepath.Dir(descriptor))
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		name, err := os.ReadFile(filepath.Join(folder, "comm"))
		if err != nil {
			continue
		}
		return Holder{PID: pid, Command: strings.TrimSpace(string(name))}, true
	}
	return Holder{}, true
}

// listening returns the inodes of the listeners on port in a socket table of the
// kernel.
func listening(table string, port int) []string {
	const (
		localAddress = 1
		state        = 3
		inode        = 9
		stateListen  = "0A"
	)
	file, err := os.Open(table)
	if err != nil {
		return nil
	}
	defer file.Close()
	suffix := fmt.Sprintf(":%04X", port)
	var inodes []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > inode && fields[state] == stateListen && strings.HasSuffix(fields[localAddress], suffix) {
			inodes = append(inodes, fields[inode])
		}
	}
	return inodes
}
