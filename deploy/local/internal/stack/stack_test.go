package stack_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/probe"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

const root = "../../../.."

// screen is what a console shows, safe to read while it is written.
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
	reserved, err := ports.Reserve(t.Context(), folder, os.Getpid(), plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := reserved.Release(); err != nil {
			t.Error(err)
		}
	})
	p, err := plan(reserved.Offset)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// databases makes a stack of MySQL and Redis alone, in a data folder of its
// own; not t.TempDir, whose long name would not leave room for a socket's.
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
		InfraOnly: true, Console: console.Plain(shown),
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

func TestDatabasesComeUpAndGoDown(t *testing.T) {
	s, dir, _ := databases(t)
	up, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Up(up); err != nil {
		closed(s)
		t.Fatal(err)
	}
	if record, err := dir.ReadRecord(); err != nil || record.Environment != "local" {
		t.Errorf("the folder is bound to %q, %v", record.Environment, err)
	}
	s.Announce()
	status := s.Status()
	if status.State != control.Ready || len(status.Parts) != 2 {
		t.Errorf("status %+v", status)
	}
	// Each service reaches its own database and no other.
	user, err := dir.Credentials(nil)
	if err != nil {
		t.Fatal(err)
	}
	own := datadir.DSN("user", user.MySQL["user"], s.MySQL().Port, "user")
	foreign := datadir.DSN("user", user.MySQL["user"], s.MySQL().Port, "video")
	if err := probe.MySQL(up, own); err != nil {
		t.Errorf("user on its own database: %v", err)
	}
	if err := probe.MySQL(up, foreign); err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("user on video's database: %v", err)
	}
	if err := probe.Redis(up, s.Redis().Addr(), ""); err == nil {
		t.Error("Redis asks for no password")
	}

	if err := s.StopPart(up, "redis"); err != nil {
		t.Fatal(err)
	}
	if state := s.Status().State; state != control.Degraded {
		t.Errorf("state %s while Redis is down", state)
	}
	if err := s.StartPart(up, "redis"); err != nil {
		t.Fatal(err)
	}
	if wrong := s.Check(up); len(wrong) != 0 {
		t.Errorf("wrong: %v", wrong)
	}
	closed(s)
	for _, part := range s.Status().Parts {
		if part.State != supervise.Ended || part.PID != 0 {
			t.Errorf("%+v", part)
		}
	}
	record, err := dir.ReadRecord()
	if err != nil || len(record.Processes) != 0 || record.Environment != "local" {
		t.Errorf("record %+v, %v", record, err)
	}
}

func TestTakenPortIsNamed(t *testing.T) {
	s, dir, _ := databases(t)
	listener, err := net.Listen("tcp4", s.Plan().Infra()[0].Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	err = s.Up(t.Context())
	if err == nil || !strings.Contains(err.Error(), "(redis) is taken by pid "+strconv.Itoa(os.Getpid())) || !strings.Contains(err.Error(), "--port-offset") {
		t.Errorf("error %v", err)
	}
	closed(s)
	if record, err := dir.ReadRecord(); err != nil || record.Environment != "" {
		t.Errorf("a start that failed binds the folder to %q, %v", record.Environment, err)
	}
}
