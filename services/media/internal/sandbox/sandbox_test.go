package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

const patience = 2 * time.Minute // the children have the lowest priority

// The test program plays three parts: itself, a child of the sandbox that does
// one thing, and a parent that is killed.
func TestMain(m *testing.M) {
	sandbox.BecomeChild()
	if len(os.Args) > 2 && os.Args[1] == "deed" {
		os.Exit(deed(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// deed does what a child should be kept from, and says what came of it.
func deed(what string, args []string) int {
	var err error
	switch what {
	case "allocate":
		var kept [][]byte
		for range 200 {
			kept = append(kept, make([]byte, 16<<20))
		}
		fmt.Println("allocated", len(kept))
	case "write":
		err = os.WriteFile(args[0], make([]byte, 4<<20), 0o600)
	case "read":
		_, err = os.ReadFile(args[0])
	case "connect":
		var conn net.Conn
		if conn, err = (&net.Dialer{Timeout: 2 * time.Second}).Dial("tcp", args[0]); err == nil {
			_ = conn.Close()
		}
	case "execute":
		err = exec.Command(args[0]).Run()
	case "spin":
		for {
			_ = strconv.Itoa(1)
		}
	case "sleep":
		fmt.Println("sleeping", os.Getpid())
		time.Sleep(time.Hour)
	case "leave": // somebody behind, in the same group
		left := exec.Command(args[0], "3600")
		if err = left.Start(); err == nil {
			fmt.Println("sleeping", left.Process.Pid)
		}
	case "tell":
		nice, _ := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
		privileges, _ := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
		var can [2]unix.CapUserData
		_ = unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &can[0])
		fmt.Println("environment", len(os.Environ()), "nice", 20-nice, "no new privileges", privileges)
		fmt.Println("capabilities", can[0].Effective|can[0].Permitted|can[1].Effective|can[1].Permitted)
	case "parent":
		box, fault := sandbox.New(context.Background(), sandbox.Auto, "", slog.New(slog.DiscardHandler))
		if fault != nil {
			fmt.Println(fault)
			return 1
		}
		err = box.Run(context.Background(), command(args[0], "sleep"))
	}
	if err != nil {
		fmt.Println("kept from it:", err)
		return 3
	}
	fmt.Println("done")
	return 0
}

// command is a deed, which this test program does.
func command(folder string, args ...string) sandbox.Command {
	program, err := filepath.EvalSymlinks("/proc/self/exe")
	if err != nil {
		program = os.Args[0]
	}
	return sandbox.Command{
		Folder: folder, Program: program, Args: append([]string{"deed"}, args...), Stdout: os.Stdout, Stderr: os.Stderr,
		Limits: sandbox.Limits{Memory: 4 << 30, FileSize: 16 << 20, CPU: time.Minute, Files: 64},
	}
}

func newBox(t *testing.T, mode sandbox.Mode) *sandbox.Box {
	t.Helper()
	box, err := sandbox.New(t.Context(), mode, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	return box
}

// try does a deed and returns what it said.
func try(t *testing.T, box *sandbox.Box, change func(*sandbox.Limits), args ...string) (string, error) {
	t.Helper()
	c := command(t.TempDir(), args...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if change != nil {
		change(&c.Limits)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := box.Run(ctx, c)
	return out.String(), err
}

func TestLimitsHoldInEveryMode(t *testing.T) {
	for _, mode := range []sandbox.Mode{sandbox.Off, sandbox.Auto} {
		box := newBox(t, mode)
		if said, err := try(t, box, func(l *sandbox.Limits) { l.Memory = 2 << 30 }, "allocate"); err == nil {
			t.Errorf("%s: more memory than there is: %s", mode, said)
		}
		if said, err := try(t, box, nil, "write", "small"); err != nil {
			t.Errorf("%s: a file within the limit: %v, %s", mode, err, said)
		}
		said, err := try(t, box, func(l *sandbox.Limits) { l.FileSize = 1 << 20 }, "write", "great")
		if err == nil {
			t.Errorf("%s: a file over the limit: %s", mode, said)
		}
		_, err = try(t, box, func(l *sandbox.Limits) { l.CPU = time.Second }, "spin")
		var exit *sandbox.Exit
		if !errors.As(err, &exit) || exit.Signal != syscall.SIGXCPU && exit.Signal != syscall.SIGKILL && exit.Code != 2 {
			t.Errorf("%s: too much time: %v", mode, err)
		}
		said, err = try(t, box, nil, "tell")
		if err != nil || !strings.Contains(said, "environment 0 nice 19 no new privileges 1") {
			t.Errorf("%s: %v, %s", mode, err, said)
		}
		if mode == sandbox.Auto && !strings.Contains(said, "capabilities 0\n") {
			t.Errorf("%s: has capabilities: %s", mode, said)
		}
	}
}

func TestNetworkAndFilesAreCutOff(t *testing.T) {
	box := newBox(t, sandbox.Auto)
	network, files := box.Cuts()
	if !network && !files {
		t.Skip("this kernel permits neither")
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open := newBox(t, sandbox.Off)
	if said, err := try(t, open, nil, "connect", l.Addr().String()); err != nil {
		t.Fatalf("without a sandbox: %v, %s", err, said)
	}
	if said, err := try(t, box, nil, "connect", l.Addr().String()); err == nil {
		t.Errorf("a connection: %s", said)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !files {
		t.Skip("this kernel has no landlock")
	}
	for _, what := range [][]string{{"read", secret}, {"read", "/etc/passwd"}, {"read", fmt.Sprintf("/proc/%d/environ", os.Getpid())}, {"write", secret}, {"write", filepath.Join(filepath.Dir(secret), "new")}, {"execute", "/bin/true"}} {
		if said, err := try(t, open, nil, what...); err != nil && what[0] != "execute" {
			t.Errorf("without a sandbox, %v: %v, %s", what, err, said)
		}
		if said, err := try(t, box, nil, what...); err == nil {
			t.Errorf("%v: %s", what, said)
		}
	}
}

func TestRequireStartsOnlyWhereAllIsThere(t *testing.T) {
	network, files := newBox(t, sandbox.Auto).Cuts()
	box, err := sandbox.New(t.Context(), sandbox.Require, "", slog.New(slog.DiscardHandler))
	if (err == nil) != (network && files) {
		t.Errorf("network cut off: %v, files: %v, and yet %v", network, files, err)
	}
	if err == nil {
		box.Close()
	}
}

// sleeper waits for a child to say its process id.
func sleeper(t *testing.T, out interface{ String() string }) int {
	t.Helper()
	var pid int
	eventually(t, "a child sleeps", func() bool {
		_, after, ok := strings.Cut(out.String(), "sleeping ")
		if !ok || !strings.Contains(after, "\n") {
			return false
		}
		_, err := fmt.Sscan(after, &pid)
		return err == nil
	})
	return pid
}

// gone reports that the process has ended; a zombie of somebody else's
// is none.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z") || strings.HasPrefix(state, "X")
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("in vain: %s", what)
		case <-ticker.C:
		}
	}
}

func TestCancelKillsTheChild(t *testing.T) {
	box := newBox(t, sandbox.Auto)
	var out safeBuffer
	c := command(t.TempDir(), "sleep")
	c.Stdout = &out
	why := errors.New("the lease is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- box.Run(ctx, c) }()
	pid := sleeper(t, &out)
	cancel(why)
	select {
	case err := <-ended:
		if !errors.Is(err, why) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Run does not end")
	}
	if !gone(pid) {
		t.Errorf("process %d is still there", pid)
	}
}

// How much a child that was ended has worked tells a source that is too much from a
// machine that is.
func TestEndedChildSaysHowMuchItWorked(t *testing.T) {
	box := newBox(t, sandbox.Auto)
	var out safeBuffer
	c := command(t.TempDir(), "sleep")
	c.Stdout = &out
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- box.Run(ctx, c) }()
	sleeper(t, &out)
	cancel()
	var slept, span *sandbox.Stopped
	if err := <-ended; !errors.As(err, &slept) || slept.CPU <= 0 || slept.Wall <= 0 {
		t.Errorf("asleep: %v, %+v", err, slept)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := box.Run(ctx, command(t.TempDir(), "spin")); !errors.As(err, &span) || span.Wall < 2*time.Second || slept != nil && span.CPU <= slept.CPU {
		t.Errorf("at work: %v, %+v", err, span)
	}
}

func TestNobodyIsLeftAfterAGoodEnd(t *testing.T) {
	box := newBox(t, sandbox.Off)
	said, err := try(t, box, nil, "leave", "/bin/sleep")
	if err != nil {
		t.Fatalf("%v, %s", err, said)
	}
	pid := sleeper(t, bytes.NewBufferString(said))
	eventually(t, "the child's child ends", func() bool { return gone(pid) })
}

// The temporary folder may be on a disk of its own, where the system's has none.
func TestTemporaryFolderIsTheOneThatWasSet(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", "/nowhere")
	box, err := sandbox.New(t.Context(), sandbox.Off, temp, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	box.Close()
}

// kill -9 of the program leaves none of its children.
func TestChildEndsWithItsParent(t *testing.T) {
	var out safeBuffer
	parent := exec.Command("/proc/self/exe", "deed", "parent", t.TempDir())
	parent.Stdout, parent.Stderr = &out, &out
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	pid := sleeper(t, &out)
	if gone(pid) {
		t.Fatalf("process %d is not there", pid)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	eventually(t, "the child ends", func() bool { return gone(pid) })
}
