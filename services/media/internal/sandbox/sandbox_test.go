package sandbox_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

func TestLimitsHoldInEveryMode(t *testing.T) {
	for _, mode := range []sandbox.Mode{sandbox.Off, sandbox.Auto} {
		box := newBox(t, mode)
		if output, err := try(t, box, func(l *sandbox.Limits) { l.Memory = 2 << 30 }, "allocate"); err == nil {
			t.Errorf("%s: allocated more than the limit: %s", mode, output)
		}
		if output, err := try(t, box, nil, "write", "small"); err != nil {
			t.Errorf("%s: a file within the limit: %v, %s", mode, err, output)
		}
		output, err := try(t, box, func(l *sandbox.Limits) { l.FileSize = 1 << 20 }, "write", "large")
		if err == nil {
			t.Errorf("%s: a file over the limit: %s", mode, output)
		}
		_, err = try(t, box, func(l *sandbox.Limits) { l.CPU = time.Second }, "spin")
		var exit *sandbox.Exit
		if !errors.As(err, &exit) || exit.Signal != syscall.SIGXCPU && exit.Signal != syscall.SIGKILL && exit.Code != 2 {
			t.Errorf("%s: CPU limit: %v", mode, err)
		}
		output, err = try(t, box, nil, "tell")
		if err != nil || !strings.Contains(output, "environment 0 nice 19 no new privileges 1") {
			t.Errorf("%s: %v, %s", mode, err, output)
		}
		if mode == sandbox.Auto && !strings.Contains(output, "capabilities 0\n") {
			t.Errorf("%s: has capabilities: %s", mode, output)
		}
	}
}

func TestNetworkAndFilesAreCutOff(t *testing.T) {
	box := newBox(t, sandbox.Auto)
	network, files := box.Cuts()
	if !network && !files {
		t.Skip("the kernel supports neither")
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open := newBox(t, sandbox.Off)
	if output, err := try(t, open, nil, "connect", l.Addr().String()); err != nil {
		t.Fatalf("without a sandbox: %v, %s", err, output)
	}
	if output, err := try(t, box, nil, "connect", l.Addr().String()); err == nil {
		t.Errorf("a connection: %s", output)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !files {
		t.Skip("the kernel has no landlock")
	}
	for _, what := range [][]string{{"read", secret}, {"read", "/etc/passwd"}, {"read", fmt.Sprintf("/proc/%d/environ", os.Getpid())}, {"write", secret}, {"write", filepath.Join(filepath.Dir(secret), "new")}, {"execute", "/bin/true"}} {
		if output, err := try(t, open, nil, what...); err != nil && what[0] != "execute" {
			t.Errorf("without a sandbox, %v: %v, %s", what, err, output)
		}
		if output, err := try(t, box, nil, what...); err == nil {
			t.Errorf("%v: %s", what, output)
		}
	}
}

func TestRequireNeedsNetworkAndFilesCutOff(t *testing.T) {
	network, files := newBox(t, sandbox.Auto).Cuts()
	box, err := sandbox.New(t.Context(), sandbox.Require, "", slog.New(slog.DiscardHandler))
	if (err == nil) != (network && files) {
		t.Errorf("network cut off: %v, files: %v, error: %v", network, files, err)
	}
	if err == nil {
		box.Close()
	}
}
