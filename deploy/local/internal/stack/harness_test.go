package stack_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

const root = "../../../.."

// screen collects what a console shows; it is safe for concurrent use.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// reserve claims ports as the command line does.
func reserve(t *testing.T, file runfile.File) ports.Plan {
	t.Helper()
	plan := func(offset int) (ports.Plan, error) { return ports.NewPlan(file, ports.Choice{Offset: offset}) }
	folder := filepath.Join(os.TempDir(), "douyin-ports-"+strconv.Itoa(os.Getuid()))
	p, release, err := ports.Reserve(t.Context(), folder, os.Getpid(), plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// databases prepares a stack of MySQL and Redis in a data folder of its own. The
// path of t.TempDir would be too long for a socket.
func databases(t *testing.T) (*stack.Stack, datadir.Dir, *screen) {
	t.Helper()
	if missing := install.Missing(t.Context(), install.Databases()); len(missing) > 0 {
		if os.Getenv("REQUIRE_INFRA") == "1" {
			t.Fatal(install.Advice(missing))
		}
		t.Skip(install.Advice(missing))
	}
	file, err := runfile.Read(filepath.Join(root, "dapr", "dapr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "douyin-")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := datadir.At(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dir.Remove(); err != nil {
			t.Error(err)
		}
	})
	return newStack(t, dir, file, reserve(t, file))
}

func newStack(t *testing.T, dir datadir.Dir, file runfile.File, plan ports.Plan) (*stack.Stack, datadir.Dir, *screen) {
	t.Helper()
	shown := &screen{}
	s, err := stack.New(stack.Options{
		Root: root, Dir: dir, Environment: "local", File: file, Plan: plan, Resolver: "auto",
		Mode: stack.InfraOnly, Console: console.Plain(shown),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, dir, shown
}

func closed(s *stack.Stack) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s.Close(ctx)
}

// eventually waits for a condition.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatal("the condition does not become true")
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
