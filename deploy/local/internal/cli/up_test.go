package cli_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/cli"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

// Demo data that cannot be put in is told of, and the start goes on; only an
// interrupted one ends there.
func TestAStackRunsWithoutItsDemo(t *testing.T) {
	file, err := runfile.Read(filepath.Join(root, "dapr", "dapr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := silent.Addr().String()
	if err := silent.Close(); err != nil { // nobody answers there
		t.Fatal(err)
	}
	plan, err := ports.NewPlan(file, ports.Choice{Gateway: addr})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := datadir.At(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	show := console.Plain(&shown)
	s, err := stack.New(stack.Options{Root: checkout(t), Dir: dir, Environment: "local", File: file, Plan: plan, Console: show})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	if err := cli.Welcome(t.Context(), show, s, dir); err != nil {
		t.Errorf("the start ends: %v", err)
	}
	for _, want := range []string{"the demo data is not all in: user ", "Douyin is ready", "bin/douyin seed"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("it does not say %q: %s", want, &shown)
		}
	}
	if strings.Contains(shown.String(), "Demo account") || dir.Seeded() {
		t.Errorf("the folder counts as seeded: %s", &shown)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := cli.Welcome(ended, show, s, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted start: %v", err)
	}
}
