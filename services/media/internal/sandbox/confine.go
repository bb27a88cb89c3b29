package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// confinedArg as the first argument makes this program confine itself and execute
// another one.
const confinedArg = "confined"

// lowestPriority is the priority of children: programs that serve users go first.
const lowestPriority = 19

// BecomeChild has to be the first call of main, and of TestMain. In a process
// started by Run it sets the limits and executes the program of the command. In
// any other process it returns.
func BecomeChild() {
	if len(os.Args) != 3 || os.Args[1] != confinedArg {
		return
	}
	// Priority, capabilities and landlock rules belong to a thread. The executed
	// program gets those of the thread that executes it.
	runtime.LockOSThread()
	var received orders
	err := json.Unmarshal([]byte(os.Args[2]), &received)
	if err == nil {
		err = become(received)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "confine:", err)
		os.Exit(exitUnconfined)
	}
	os.Exit(0)
}

// become returns only without a program or with an error.
func become(o orders) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, lowestPriority); err != nil {
		return fmt.Errorf("priority: %w", err)
	}
	// When memory is short, the kernel kills a child and not a service. Without a
	// usable /proc the default stays.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	if o.Stripped {
		if err := dropCapabilities(); err != nil {
			return fmt.Errorf("capabilities: %w", err)
		}
	}
	if o.Landlock {
		if err := cutFilesOff(o); err != nil {
			return fmt.Errorf("landlock: %w", err)
		}
	}
	if o.Program == "" {
		return limit(o.Limits)
	}
	run, err := prepare(o)
	if err != nil {
		return err
	}
	// From here on the Go runtime may fail to allocate memory, so the only step
	// left is the call that executes the program.
	if err := limit(o.Limits); err != nil {
		return err
	}
	return run()
}

// dropCapabilities removes all capabilities of the thread. Root would get them
// again by executing a program, except for two obstacles: the bounding set is empty,
// or, in a container without the right to change that set, no-new-privileges
// prevents it.
func dropCapabilities() error {
	for capability := uintptr(0); capability <= 63; capability++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPERM) { // after the last capability, or without the right
			break
		}
		if err != nil {
			return err
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none, left [2]unix.CapUserData // of 32 each
	if err := unix.Capset(&header, &none[0]); err != nil {
		return err
	}
	if err := unix.Capget(&header, &left[0]); err != nil {
		return err
	}
	if left != none {
		return fmt.Errorf("remaining: %x", left)
	}
	return nil
}

// cutFilesOff restricts file access to the program, the libraries and the folder.
// It also denies TCP if the kernel supports that.
func cutFilesOff(o orders) error {
	const (
		read    landlock.AccessFSSet = ll.AccessFSReadFile | ll.AccessFSReadDir
		execute landlock.AccessFSSet = ll.AccessFSExecute | ll.AccessFSReadFile
	)
	rules := []landlock.Rule{
		landlock.PathAccess(read, "/usr", "/lib", "/lib64", "/etc/alternatives").IgnoreIfMissing(),
		landlock.PathAccess(ll.AccessFSReadFile, "/etc/ld.so.cache", "/dev/urandom").IgnoreIfMissing(),
		landlock.RWFiles("/dev/null"),
		landlock.RWDirs(o.Folder),
		// The kernel opens the dynamic loader to execute a program.
		landlock.PathAccess(execute, "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1").IgnoreIfMissing(),
	}
	if o.Program != "" {
		rules = append(rules, landlock.PathAccess(execute, o.Program))
	}
	return landlock.V11.BestEffort().Restrict(rules...)
}

// prepare allocates everything for the call that executes the program, and returns
// the call.
func prepare(o orders) (func() error, error) {
	program, err := syscall.BytePtrFromString(o.Program)
	if err != nil {
		return nil, err
	}
	arguments, err := syscall.SlicePtrFromStrings(append([]string{o.Program}, o.Args...))
	if err != nil {
		return nil, err
	}
	environment := []*byte{nil}
	return func() error {
		_, _, failed := syscall.RawSyscall(syscall.SYS_EXECVE, uintptr(unsafe.Pointer(program)), //nolint:gosec // as syscall.Exec does
			uintptr(unsafe.Pointer(&arguments[0])), uintptr(unsafe.Pointer(&environment[0]))) //nolint:gosec // likewise
		return fmt.Errorf("%s: %w", o.Program, failed)
	}, nil
}

// limit sets the limits. Memory comes last, because setting a limit may allocate.
func limit(l Limits) error {
	seconds := uint64(math.Ceil(l.CPU.Seconds()))
	limits := []struct {
		resource   int
		soft, hard uint64
	}{
		{unix.RLIMIT_CORE, 0, 0},
		{unix.RLIMIT_CPU, seconds, seconds + uint64(5*time.Second/time.Second)}, // SIGXCPU, then SIGKILL
		{unix.RLIMIT_FSIZE, l.FileSize, l.FileSize},
		{unix.RLIMIT_NOFILE, l.Files, l.Files},
		{unix.RLIMIT_AS, l.Memory, l.Memory},
	}
	for _, one := range limits {
		wanted := unix.Rlimit{Cur: one.soft, Max: one.hard}
		if err := unix.Prlimit(0, one.resource, &wanted, nil); err != nil {
			return fmt.Errorf("limit %d: %w", one.resource, err)
		}
	}
	return nil
}
