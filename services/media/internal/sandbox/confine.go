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

// confinedArg as the first argument makes this program a child of itself.
const confinedArg = "confined"

// lowestPriority is that of children: whoever answers users goes first.
const lowestPriority = 19

// BecomeChild has to be the first call of main, and of TestMain. In a process
// that Run started it takes the limits on and becomes the program that was
// asked for; in any other it returns.
func BecomeChild() {
	if len(os.Args) != 3 || os.Args[1] != confinedArg {
		return
	}
	// Priority, capabilities and landlock belong to a thread, and the program
	// has those of the thread that becomes it.
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

// become does not return unless there is no program or an error.
func become(o orders) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, lowestPriority); err != nil {
		return fmt.Errorf("priority: %w", err)
	}
	// When memory gets short, a child goes and not a service. Not where /proc is
	// not what it should be.
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
	// From here on our own runtime may fail to get memory, so there is nothing
	// left to do but the call that replaces it.
	if err := limit(o.Limits); err != nil {
		return err
	}
	return run()
}

// dropCapabilities leaves the thread without any. Root would get them again as
// the program, but for two things: there are none that it might get, or, where a
// container took the right away to see to that, nobody gets any who may not have
// new privileges.
func dropCapabilities() error {
	for capability := uintptr(0); capability <= 63; capability++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPERM) { // past the last one, or without the right
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
		return fmt.Errorf("left: %x", left)
	}
	return nil
}

// cutFilesOff leaves the program itself, the libraries, and its folder; and no
// TCP where the kernel can do that.
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
		// What starts a program: the kernel opens the loader to execute it.
		landlock.PathAccess(execute, "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1").IgnoreIfMissing(),
	}
	if o.Program != "" {
		rules = append(rules, landlock.PathAccess(execute, o.Program))
	}
	return landlock.V11.BestEffort().Restrict(rules...)
}

// prepare makes the call that becomes the program, with all memory that it
// needs.
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

// limit sets the limits, memory last.
func limit(l Limits) error {
	seconds := uint64(math.Ceil(l.CPU.Seconds()))
	limits := []struct {
		resource   int
		soft, hard uint64
	}{
		{unix.RLIMIT_CORE, 0, 0},
		{unix.RLIMIT_CPU, seconds, seconds + uint64(5*time.Second/time.Second)}, // a signal, and then an end
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
