package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// drainTime is the time for reading the output of a program that ended.
const drainTime = 2 * time.Second

// exitUnconfined is the exit code of a child that could not set its limits.
const exitUnconfined = 125

// Command is a program to run.
type Command struct {
	Folder  string // its working directory, the only place where it may write
	Program string // an absolute path
	Args    []string
	Stdout  io.Writer
	Stderr  io.Writer
	Limits  Limits
}

// Exit reports a program that failed.
type Exit struct {
	Code   int            // -1 after a signal
	Signal syscall.Signal // 0 without
}

// Stopped reports a program that was killed because the context ended.
type Stopped struct {
	CPU, Wall time.Duration // that it used, and that passed
	Cause     error
}

func (s *Stopped) Error() string { return fmt.Sprintf("stopped: %v", s.Cause) }

// Unwrap gives errors.Is and errors.As the cause.
func (s *Stopped) Unwrap() error { return s.Cause }

func (e *Exit) Error() string {
	if e.Signal != 0 {
		return fmt.Sprintf("ended by signal %d (%v)", int(e.Signal), e.Signal)
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// orders tell a child how to confine itself and what to execute.
type orders struct {
	Limits   Limits
	Folder   string
	Program  string // empty: only confine
	Args     []string
	Landlock bool
	Stripped bool
}

// Run runs a program until it or ctx ends, and then kills its process group. The
// error is an Exit if the program failed, Stopped if ctx ended, and any other if
// the program could not be run.
func (b *Box) Run(ctx context.Context, c Command) error {
	sent, err := json.Marshal(orders{
		Limits: c.Limits, Folder: c.Folder, Program: c.Program, Args: c.Args, Landlock: b.landlock, Stripped: b.stripped,
	})
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self(), confinedArg, string(sent)) //nolint:gosec // this program itself, with its orders
	cmd.Dir, cmd.Env = c.Folder, []string{}
	cmd.Stdout, cmd.Stderr = c.Stdout, c.Stderr
	var messages bytes.Buffer
	if c.Stderr == nil {
		cmd.Stderr = &messages
	}
	cmd.SysProcAttr = b.attributes()
	cmd.WaitDelay = drainTime
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	begin := time.Now()
	if err := b.spawner.start(cmd); err != nil {
		return err
	}
	ended := awaitEnd(cmd.Process.Pid)
	// Kill processes that the program left behind. Its process id is not reused
	// before Wait, so the group cannot be that of another program.
	killed := killGroup(cmd.Process.Pid)
	err = cmd.Wait()
	if err == nil && ended == nil && !errors.Is(killed, os.ErrProcessDone) {
		err = killed
	}
	if err != nil && ctx.Err() != nil {
		stopped := &Stopped{Wall: time.Since(begin), Cause: context.Cause(ctx)}
		if state := cmd.ProcessState; state != nil {
			stopped.CPU = state.UserTime() + state.SystemTime()
		}
		return stopped
	}
	return outcome(err, messages.String())
}

// awaitEnd waits until a process ends, without reaping it.
func awaitEnd(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func (b *Box) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if !b.namespace {
		return attributes
	}
	attributes.Cloneflags = syscall.CLONE_NEWNET
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 {
		attributes.Cloneflags |= syscall.CLONE_NEWUSER
		attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
	}
	return attributes
}

func outcome(err error, messages string) error {
	if err == nil {
		return nil
	}
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return err
	}
	if ended.ExitCode() == exitUnconfined {
		return fmt.Errorf("a child could not confine itself: %s", messages)
	}
	exit := &Exit{Code: ended.ExitCode()}
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		exit.Signal = status.Signal()
	}
	return exit
}

// killGroup kills a program and all processes that it started.
func killGroup(pid int) error {
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil {
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	return nil
}

// spawner starts programs from one operating system thread. A parent-death
// signal fires when the thread that started the child ends, not the process, so
// that thread has to live as long as the children.
type spawner struct {
	requests chan spawn
	ended    chan struct{}
}

type spawn struct {
	cmd   *exec.Cmd
	reply chan error
}

func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawn), ended: make(chan struct{})}
	go s.loop()
	return s
}

func (s *spawner) loop() {
	defer close(s.ended)
	runtime.LockOSThread() // and never unlocked: the thread ends with the loop
	for request := range s.requests {
		request.reply <- request.cmd.Start()
	}
}

func (s *spawner) start(cmd *exec.Cmd) error {
	reply := make(chan error)
	s.requests <- spawn{cmd, reply}
	return <-reply
}

func (s *spawner) close() {
	close(s.requests)
	<-s.ended
}
