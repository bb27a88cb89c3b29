package supervise_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// actAsSupervisor makes the test binary a supervisor of one process. It prints the
// id of the process and waits until it is killed.
const actAsSupervisor = "SUPERVISE_TEST_SLEEPER"

func TestMain(m *testing.M) {
	if os.Getenv(actAsSupervisor) == "" {
		os.Exit(m.Run())
	}
	s := supervise.New(supervise.Options{
		Output:  func(string) (io.WriteCloser, error) { return os.Stderr, nil },
		Backoff: supervise.DefaultBackoff(),
	})
	s.Start(supervise.Spec{Name: "sleeper", Path: "/bin/sh", Args: []string{"-c", "exec sleep 600"}})
	if err := s.WaitReady(context.Background()); err != nil {
		os.Exit(1)
	}
	fmt.Println(s.Status()[0].PID)
	select {}
}

// Even after kill -9 of the supervisor no process is left.
func TestNothingOutlivesTheSupervisor(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), actAsSupervisor+"=1")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 16)
	n, err := stdout.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	sleeper, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	if !runs(sleeper) {
		t.Fatal("the sleeper does not run")
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the supervisor was not killed")
	}
	until(t, "the sleeper is gone", func() bool { return !runs(sleeper) })
}
