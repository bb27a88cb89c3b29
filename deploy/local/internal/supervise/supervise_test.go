package supervise_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

const timeout = 20 * time.Second

// outputs collects the output of parts.
type outputs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *outputs) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *outputs) Close() error { return nil }

func (o *outputs) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

type harness struct {
	*supervise.Supervisor
	out  *outputs
	once *sync.Once
}

func start(t *testing.T, specs ...supervise.Spec) harness {
	t.Helper()
	out := &outputs{}
	s := supervise.New(supervise.Options{
		Output:  func(string) (io.WriteCloser, error) { return out, nil },
		Backoff: supervise.Backoff{First: 10 * time.Millisecond, Max: 20 * time.Millisecond, Reset: time.Hour},
	})
	f := harness{s, out, &sync.Once{}}
	t.Cleanup(f.stop)
	s.Start(specs...)
	return f
}

// stop stops the supervisor, once.
func (f harness) stop() {
	f.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		f.Stop(ctx)
	})
}

func shell(name, script string) supervise.Spec {
	return supervise.Spec{Name: name, Path: "/bin/sh", Args: []string{"-c", script}, Env: os.Environ()}
}

func (f harness) part(t *testing.T, name string) supervise.Status {
	t.Helper()
	for _, s := range f.Status() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no part %s", name)
	return supervise.Status{}
}

// until polls a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); !holds(); <-time.After(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", timeout, what)
		}
	}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	t.Cleanup(cancel)
	return ctx
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestKilledPartComesBack(t *testing.T) {
	f := start(t, shell("app", "echo hello; exec sleep 600"))
	if err := f.WaitReady(within(t)); err != nil {
		t.Fatal(err)
	}
	until(t, "it has printed", func() bool { return strings.Contains(f.out.String(), "hello") })
	before := f.part(t, "app")
	if before.RSSBytes == 0 {
		t.Error("no memory is reported")
	}
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "another process runs", func() bool {
		now := f.part(t, "app")
		return now.State == supervise.Running && now.PID != before.PID
	})
	if now := f.part(t, "app"); now.Restarts != 1 || !strings.Contains(now.LastExit, "killed") {
		t.Errorf("%+v", now)
	}
	until(t, "it has printed again", func() bool { return strings.Count(f.out.String(), "hello") == 2 })
}

func TestStoppedPartStaysDown(t *testing.T) {
	f := start(t, shell("app", "exec sleep 600"))
	ctx := within(t)
	if err := f.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	pid := f.part(t, "app").PID
	if err := f.StopPart(ctx, "app"); err != nil {
		t.Fatal(err)
	}
	if now := f.part(t, "app"); now.State != supervise.Stopped || now.PID != 0 || !gone(pid) {
		t.Errorf("%+v, process gone: %v", now, gone(pid))
	}
	if err := f.StartPart(ctx, "app"); err != nil {
		t.Fatal(err)
	}
	if now := f.part(t, "app"); now.State != supervise.Running || now.Restarts != 0 {
		t.Errorf("%+v: a stop on request is no restart", now)
	}
	if err := f.StopPart(ctx, "nobody"); !errors.Is(err, supervise.ErrUnknown) {
		t.Errorf("an unknown part: %v", err)
	}
}

func TestOrderOfStartAndStop(t *testing.T) {
	folder := t.TempDir()
	journal := filepath.Join(folder, "journal")
	// Each part records its start and its stop.
	part := func(name string, layer int, needs ...string) supervise.Spec {
		ready := filepath.Join(folder, name)
		spec := shell(name, "echo +"+name+" >> "+journal+"; trap 'echo -"+name+" >> "+journal+"; exit 0' TERM; touch "+ready+"; while :; do sleep 0.01; done")
		spec.Layer, spec.Needs = layer, needs
		spec.Ready = func(context.Context) error { _, err := os.Stat(ready); return err }
		return spec
	}
	f := start(t, part("gateway", 2, "user"), part("user", 1, "redis"), part("redis", 0))
	if err := f.WaitReady(within(t)); err != nil {
		t.Fatal(err)
	}
	f.stop()
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Fields(string(text)), []string{"+redis", "+user", "+gateway", "-gateway", "-user", "-redis"}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

func TestStubbornPartIsKilledWithItsChildren(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	spec := shell("app", "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > "+pidFile+"; while :; do sleep 1; done' & while :; do sleep 1; done")
	spec.Grace = 50 * time.Millisecond
	spec.Ready = func(context.Context) error {
		if text, err := os.ReadFile(pidFile); err != nil || len(text) == 0 {
			return errors.New("not yet")
		}
		return nil
	}
	f := start(t, spec)
	if err := f.WaitReady(within(t)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	parent := f.part(t, "app").PID
	f.stop()
	until(t, "both have ended", func() bool { return gone(parent) && !runs(child) })
}

// runs reports whether a process exists and is not a zombie: another process
// reaps a grandchild.
func runs(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

func TestCrashLeavesNoChildren(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	spec := shell("app", "[ -s "+pidFile+" ] && exec sleep 600; sleep 600 > /dev/null 2>&1 & echo $! > "+pidFile+"; exit 3")
	f := start(t, spec)
	until(t, "it has crashed and come back", func() bool {
		now := f.part(t, "app")
		return now.Restarts == 1 && now.State == supervise.Running
	})
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	until(t, "its child has ended", func() bool { return !runs(child) })
}

func TestStartFailsAfterCrashes(t *testing.T) {
	never := shell("never", "exit 3")
	never.Ready = func(context.Context) error { return errors.New("not ready") }
	f := start(t, shell("fine", "exec sleep 600"), never)
	var failed *supervise.StartError
	if err := f.WaitReady(within(t)); !errors.As(err, &failed) || failed.Part != "never" || !strings.Contains(failed.Cause, "exit status 3") {
		t.Errorf("error %v", err)
	}
}

func TestProgramThatDoesNotExist(t *testing.T) {
	spec := supervise.Spec{Name: "app", Path: "/no/such/program", Ready: func(context.Context) error { return nil }}
	err := start(t, spec).WaitReady(within(t))
	if err == nil || !strings.Contains(err.Error(), "cannot start") {
		t.Errorf("error %v", err)
	}
}

func TestCheckNamesFaults(t *testing.T) {
	var mu sync.Mutex
	var answer error
	spec := shell("app", "exec sleep 600")
	spec.Ready = func(context.Context) error { mu.Lock(); defer mu.Unlock(); return answer }
	f := start(t, spec)
	if err := f.WaitReady(within(t)); err != nil {
		t.Fatal(err)
	}
	if wrong := f.Check(within(t)); len(wrong) != 0 {
		t.Errorf("wrong %v", wrong)
	}
	mu.Lock()
	answer = errors.New("stuck")
	mu.Unlock()
	if wrong := f.Check(within(t)); wrong["app"] == nil {
		t.Errorf("wrong %v", wrong)
	}
}

func TestCommandIsInterrupted(t *testing.T) {
	f := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.Command("/bin/sh", "-c", "trap 'exit 9' INT; echo ready; while :; do sleep 0.01; done")
	cmd.Stdout = f.out
	ended := make(chan error, 1)
	go func() { ended <- f.Command(ctx, cmd) }()
	until(t, "the command runs", func() bool { return strings.Contains(f.out.String(), "ready") })
	cancel()
	var exit *exec.ExitError
	if err := <-ended; !errors.As(err, &exit) || exit.ExitCode() != 9 {
		t.Errorf("ended with %v, want exit code 9 of its own trap", err)
	}
}
