package supervise

import (
	"cmp"
	"errors"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// drainTime is how long the output of an ended process is still read while a
// child of it keeps the pipe open.
const drainTime = 2 * time.Second

// spawner starts processes from one operating system thread. The parent-death
// signal fires when the thread that started the child ends, not when the process
// ends, so that thread has to live as long as the children.
type spawner struct {
	requests chan spawn
	ended    chan struct{}
}

type spawn struct {
	cmd   *exec.Cmd
	reply chan error
}

// process is a started command.
type process struct {
	pid   int
	ended chan error // how it ended, once
}

func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawn), ended: make(chan struct{})}
	go s.loop()
	return s
}

func (s *spawner) loop() {
	defer close(s.ended)
	runtime.LockOSThread()
	for request := range s.requests {
		request.reply <- request.cmd.Start()
	}
}

// start starts a command in a process group of its own that does not outlive
// this process: the kernel then sends it the signal orphan.
func (s *spawner) start(cmd *exec.Cmd, orphan syscall.Signal) (process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: cmp.Or(orphan, syscall.SIGKILL)}
	cmd.WaitDelay = drainTime
	reply := make(chan error)
	s.requests <- spawn{cmd, reply}
	if err := <-reply; err != nil {
		return process{}, err
	}
	p := process{cmd.Process.Pid, make(chan error, 1)}
	go func() { p.ended <- cmd.Wait() }()
	return p, nil
}

// close ends the thread, and with it the remaining children.
func (s *spawner) close() {
	close(s.requests)
	<-s.ended
}

// signalGroup signals a process and everything it started. A missing group is no
// error: it has ended already.
func signalGroup(pid int, signal syscall.Signal) error {
	if err := syscall.Kill(-pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
