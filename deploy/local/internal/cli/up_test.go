package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/cli"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

// A failure of the demo is reported and the start continues; an interrupt ends it.
func TestAStackRunsWithoutItsDemo(t *testing.T) {
	file, err := runfile.Read(filepath.Join(root, "dapr", "dapr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := ports.NewPlan(file, ports.Choice{})
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
	demo := "fails"
	run := func(ctx context.Context, cmd *exec.Cmd) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case filepath.Base(cmd.Path) != "demo": // the compiler
			return nil
		case demo == "fails":
			fmt.Fprintln(cmd.Stderr, "demo: user demo: no gateway")
			return errors.New("exit status 1")
		}
		fmt.Fprint(cmd.Stdout, "video 1 of 8\n5 users, 8 videos\n")
		return os.WriteFile(dir.Accounts, []byte(`{"demo": "random"}`), 0o600)
	}
	builder := build.Builder{Root: checkout(t), Console: show, Run: run}
	if err := cli.Welcome(t.Context(), builder, s, dir); err != nil {
		t.Errorf("the start ends: %v", err)
	}
	for _, want := range []string{"the demo data is incomplete: demo: user demo: no gateway", "Douyin is ready", "bin/douyin seed"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("the console does not show %q: %s", want, &shown)
		}
	}
	if strings.Contains(shown.String(), "Demo user") || dir.Seeded() {
		t.Errorf("the folder counts as seeded: %s", &shown)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := cli.Welcome(ended, builder, s, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted start: %v", err)
	}
	demo = "works"
	if err := cli.Welcome(t.Context(), builder, s, dir); err != nil || !dir.Seeded() {
		t.Errorf("the second start: %v, seeded %v", err, dir.Seeded())
	}
	if !strings.Contains(shown.String(), "demo, password random") || !strings.Contains(shown.String(), "5 users, 8 videos") {
		t.Errorf("the console does not show the login: %s", &shown)
	}
}
