package daprtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	pollInterval = 20 * time.Millisecond
	stopTimeout  = 10 * time.Second
	logTail      = 4000 // bytes of a process's output in the log of a failed test
)

// process is a child process that ends with the test.
type process struct {
	name   string
	output string // file
	child  *os.Process
	ended  chan struct{}
}

// start runs a program with PATH, HOME and the given environment.
func start(t testing.TB, environment []string, program string, arguments ...string) *process {
	t.Helper()
	p := &process{
		name:   filepath.Base(program),
		output: filepath.Join(t.TempDir(), "output"),
		ended:  make(chan struct{}),
	}
	output, err := os.Create(p.output)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, arguments...)
	command.Stdout, command.Stderr = output, output
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, environment...)
	command.SysProcAttr = diesWithTest()
	started := make(chan error, 1)
	go func() {
		// The system ends the child with the thread that created it, so the thread
		// stays until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.ended)
		defer output.Close()
		err := command.Start()
		started <- err
		if err == nil {
			_ = command.Wait() // its output shows how it ended
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	p.child = command.Process
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s wrote:\n%s", p.name, p.tail())
		}
		p.stop()
	})
	return p
}

// waitUntil waits until ready holds while the process runs.
func (p *process) waitUntil(t testing.TB, ready func() bool) {
	t.Helper()
	deadline := time.After(startTimeout)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-p.ended:
			t.Fatalf("%s ended", p.name)
		case <-deadline:
			t.Fatalf("%s is not ready after %v", p.name, startTimeout)
		}
	}
}

// stop ends the process gracefully, or by force if that takes too long.
func (p *process) stop() {
	p.signal(syscall.SIGTERM)
	p.signal(syscall.SIGCONT) // a test may have stopped it
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		p.kill()
	}
}

func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// signal has no effect on a process that has ended.
func (p *process) signal(s syscall.Signal) { _ = p.child.Signal(s) }

func (p *process) tail() string {
	output, err := os.ReadFile(p.output)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(bytes.ToValidUTF8(output[max(0, len(output)-logTail):], nil)))
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
