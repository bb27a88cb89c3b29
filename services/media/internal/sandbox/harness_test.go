package sandbox_test

import (
	"bytes"
	"context"
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

const patience = 2 * time.Minute // children have the lowest priority

// The test program runs in three roles: the test, a child in the sandbox, and a
// parent that is killed.
func TestMain(m *testing.M) {
	sandbox.BecomeChild()
	if len(os.Args) > 2 && os.Args[1] == "deed" {
		os.Exit(deed(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// deed runs one action of a child and prints its outcome.
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
	case "leave": // a process behind, in the same group
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
		fmt.Println("failed:", err)
		return 3
	}
	fmt.Println("done")
	return 0
}

// command is a deed of this test program.
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

// try runs a deed and returns its output.
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

// sleeper waits until a child prints its process id.
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

// gone reports whether a process has ended. A zombie counts as ended.
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
			t.Fatalf("not within the deadline: %s", what)
		case <-ticker.C:
		}
	}
}
