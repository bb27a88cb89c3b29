package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/cli"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
)

// emptyStack runs nothing.
type emptyStack struct{}

var _ control.Stack = emptyStack{}

func (emptyStack) Status() control.Status                  { return control.Status{State: control.Ready} }
func (emptyStack) StopPart(context.Context, string) error  { return nil }
func (emptyStack) StartPart(context.Context, string) error { return nil }
func (emptyStack) Check(context.Context) map[string]string { return nil }
func (emptyStack) Down()                                   {}

// What of a stack does not run is skipped; what cannot be asked is an error.
func TestAuditTakesWhatRuns(t *testing.T) {
	dir, err := datadir.At(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	audit := func(args ...string) error {
		return cli.Run(t.Context(), append([]string{"audit", "--data", dir.Root()}, args...))
	}
	if err := audit(); err == nil || !strings.Contains(err.Error(), "no stack runs") {
		t.Errorf("without a stack: %v", err)
	}
	server, err := control.Serve(t.Context(), dir.Socket("control"), emptyStack{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, test := range []struct{ secrets, fault string }{
		{`{"redis-password": "x"}`, ""},
		{`{"mysql-user-dsn": "user:x@tcp(127.0.0.1:1)/user"}`, "database of user: "},
		{`[`, "secrets.json"},
	} {
		if err := os.WriteFile(dir.Secrets(), []byte(test.secrets), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, flags := range [][]string{{"--json"}, {"--settle=0s", "--allow-dead-letters"}} {
			err := audit(flags...)
			if test.fault == "" && err != nil || test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
				t.Errorf("secrets %s: %v", test.secrets, err)
			}
		}
	}
}
