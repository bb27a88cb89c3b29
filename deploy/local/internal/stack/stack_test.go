package stack_test

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/probe"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

func TestDatabasesComeUpAndGoDown(t *testing.T) {
	s, dir, _ := databases(t)
	up, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Up(up); err != nil {
		closed(s)
		t.Fatal(err)
	}
	if record, err := dir.ReadRecord(); err != nil || record.Environment != "local" {
		t.Errorf("the folder belongs to %q, %v", record.Environment, err)
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
	own := datadir.DSN("user", user.MySQL["user"], s.MySQL.Port, "user")
	foreign := datadir.DSN("user", user.MySQL["user"], s.MySQL.Port, "video")
	if err := probe.MySQL(up, own); err != nil {
		t.Errorf("user on its own database: %v", err)
	}
	if err := probe.MySQL(up, foreign); err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("user on video's database: %v", err)
	}
	secrets, err := os.ReadFile(dir.Secrets)
	if err != nil || strings.Contains(string(secrets), "mysql-media-dsn") || !strings.Contains(string(secrets), "mysql-user-dsn") {
		t.Errorf("secrets of databases: %v; media has none, user has one", err)
	}
	if err := probe.Redis(up, s.Redis.Addr(), ""); err == nil {
		t.Error("Redis needs no password")
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
		t.Errorf("a failed start binds the folder to %q, %v", record.Environment, err)
	}
}
