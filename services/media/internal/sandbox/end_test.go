package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

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
		t.Fatal("Run did not return")
	}
	if !gone(pid) {
		t.Errorf("process %d is still running", pid)
	}
}

// The CPU time of a killed child tells a source that is too complex from a busy
// machine.
func TestKilledChildReportsItsCPUTime(t *testing.T) {
	box := newBox(t, sandbox.Auto)
	var out safeBuffer
	c := command(t.TempDir(), "sleep")
	c.Stdout = &out
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- box.Run(ctx, c) }()
	sleeper(t, &out)
	cancel()
	var slept, spun *sandbox.Stopped
	if err := <-ended; !errors.As(err, &slept) || slept.CPU <= 0 || slept.Wall <= 0 {
		t.Errorf("asleep: %v, %+v", err, slept)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := box.Run(ctx, command(t.TempDir(), "spin")); !errors.As(err, &spun) || spun.Wall < 2*time.Second || slept != nil && spun.CPU <= slept.CPU {
		t.Errorf("at work: %v, %+v", err, spun)
	}
}

func TestProcessesLeftBehindAreKilled(t *testing.T) {
	box := newBox(t, sandbox.Off)
	output, err := try(t, box, nil, "leave", "/bin/sleep")
	if err != nil {
		t.Fatalf("%v, %s", err, output)
	}
	pid := sleeper(t, bytes.NewBufferString(output))
	eventually(t, "the child's child ends", func() bool { return gone(pid) })
}

// The configured folder is used even if the system's temporary folder is missing.
func TestConfiguredTemporaryFolderIsUsed(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", "/nowhere")
	box, err := sandbox.New(t.Context(), sandbox.Off, temp, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	box.Close()
}

// Killing the program with SIGKILL ends its children.
func TestChildEndsWithItsParent(t *testing.T) {
	var out safeBuffer
	parent := exec.Command("/proc/self/exe", "deed", "parent", t.TempDir())
	parent.Stdout, parent.Stderr = &out, &out
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	pid := sleeper(t, &out)
	if gone(pid) {
		t.Fatalf("process %d has ended", pid)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	eventually(t, "the child ends", func() bool { return gone(pid) })
}
