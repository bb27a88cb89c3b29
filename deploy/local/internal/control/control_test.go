package control_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// fakeStack records its calls.
type fakeStack struct {
	mu    sync.Mutex
	calls []string
}

func (f *fakeStack) note(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, what)
}

func (f *fakeStack) Status() control.Status {
	return control.Status{State: control.Ready, Parts: []supervise.Status{{Name: "redis", State: supervise.Running, PID: 7}}}
}

func (f *fakeStack) StopPart(_ context.Context, part string) error {
	if part == "nobody" {
		return fmt.Errorf("%w: %q", supervise.ErrUnknown, part)
	}
	f.note("stop " + part)
	return nil
}

func (f *fakeStack) StartPart(_ context.Context, part string) error {
	if part == "broken" {
		return errors.New("broken does not get ready")
	}
	f.note("start " + part)
	return nil
}

func (f *fakeStack) Check(context.Context) map[string]string {
	return map[string]string{"redis": "stuck"}
}

func (f *fakeStack) Down() { f.note("down") }

func serve(t *testing.T) (*fakeStack, *control.Client, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.sock")
	stack := &fakeStack{}
	server, err := control.Serve(t.Context(), path, stack)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return stack, control.NewClient(path), path
}

func TestClientControlsTheStack(t *testing.T) {
	stack, client, path := serve(t)
	ctx := t.Context()
	status, err := client.Status(ctx)
	if err != nil || status.State != control.Ready || len(status.Parts) != 1 || status.Parts[0].PID != 7 {
		t.Errorf("status %+v, %v", status, err)
	}
	for _, action := range []string{"stop", "start", "restart"} {
		if err := client.Act(ctx, "redis", action); err != nil {
			t.Errorf("%s: %v", action, err)
		}
	}
	if err := client.Down(ctx); err != nil {
		t.Error(err)
	}
	want := []string{"stop redis", "start redis", "stop redis", "start redis", "down"}
	if !slices.Equal(stack.calls, want) {
		t.Errorf("calls %v, want %v", stack.calls, want)
	}
	if wrong, err := client.Check(ctx); err != nil || wrong["redis"] != "stuck" {
		t.Errorf("check %v, %v", wrong, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v, want access for its owner only", info.Mode(), err)
	}
}

func TestClientReportsRefusals(t *testing.T) {
	_, client, _ := serve(t)
	for part, want := range map[string]string{"nobody": `unknown part: "nobody"`, "broken": "does not get ready"} {
		if err := client.Act(t.Context(), part, "restart"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", part, err, want)
		}
	}
	if err := client.Act(t.Context(), "redis", "explode"); err == nil {
		t.Error("an unknown action is accepted")
	}
}

func TestNoStarterRuns(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.sock")
	if _, err := control.NewClient(missing).Status(t.Context()); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("no socket: %v", err)
	}
	// A socket that a killed starter left behind.
	if err := os.WriteFile(missing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := control.NewClient(missing).Status(t.Context()); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("a stale socket: %v", err)
	}
	server, err := control.Serve(t.Context(), missing, &fakeStack{})
	if err != nil {
		t.Fatalf("with a stale socket: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}
