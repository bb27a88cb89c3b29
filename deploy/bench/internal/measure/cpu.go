package measure

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of CPU times in /proc: USER_HZ is 100 on every Linux.
const tick = 10 * time.Millisecond

// cpuOf is the CPU time that a process has used, with ended children that it waited
// for.
func cpuOf(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(raw)
}

// parseStat reads the CPU time of /proc/PID/stat.
func parseStat(raw []byte) (time.Duration, error) {
	// The name of the command, in parentheses, may contain any character.
	end := bytes.LastIndexByte(raw, ')')
	if end < 0 {
		return 0, errors.New("unreadable stat")
	}
	const (
		utime  = 11 // counted behind the name
		cstime = 14
	)
	fields := bytes.Fields(raw[end+1:])
	if len(fields) <= cstime {
		return 0, errors.New("short stat")
	}
	var ticks int64
	for _, field := range fields[utime : cstime+1] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// machineBusy is the CPU time that all processes of the machine have used.
func machineBusy() (time.Duration, error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseMachine(raw)
}

func parseMachine(raw []byte) (time.Duration, error) {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	fields := bytes.Fields(line)
	// user, nice, system, idle, iowait, irq, softirq, steal
	if len(fields) < 8 || string(fields[0]) != "cpu" {
		return 0, errors.New("unreadable /proc/stat")
	}
	var ticks int64
	for _, i := range []int{1, 2, 3, 6, 7} {
		n, err := strconv.ParseInt(string(fields[i]), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}
