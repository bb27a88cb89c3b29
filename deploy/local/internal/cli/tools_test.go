package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/cli"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// toolStack has the parts that tools are connected to.
type toolStack struct{}

var _ control.Stack = toolStack{}

func (toolStack) Status() control.Status {
	return control.Status{
		State: control.Ready, Env: "local", LocalURL: "http://127.0.0.1:8080",
		Parts: []supervise.Status{{Name: "redis", Port: 21090}, {Name: "gateway"}},
	}
}
func (toolStack) StopPart(_ context.Context, part string) error {
	if part == "nobody" {
		return supervise.ErrUnknown
	}
	return nil
}
func (toolStack) StartPart(context.Context, string) error { return nil }
func (toolStack) Check(context.Context) map[string]string { return nil }
func (toolStack) Down()                                   {}

// recorder is a tool that writes its arguments and its environment beside
// itself and ends with the exit code 3.
const recorder = `package main

import (
	"os"
	"strings"
)

func main() {
	var seen []string
	for _, entry := range os.Environ() {
		if strings.HasPrefix(entry, "DOUYIN_") {
			seen = append(seen, entry)
		}
	}
	text := strings.Join(append(os.Args[1:], seen...), "\n")
	if err := os.WriteFile(os.Args[0]+".seen", []byte(text), 0o600); err != nil {
		panic(err)
	}
	os.Exit(3)
}
`

// newToolCheckout is a checkout whose only program is a recorder with the name
// of a tool.
func newToolCheckout(t *testing.T, tool string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range map[string]string{
		"go.mod":                              "module checkout\n\ngo 1.26\n",
		"dapr/dapr.yaml":                      "version: 1\n",
		"deploy/ops/cmd/" + tool + "/main.go": recorder,
	} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestToolsFindTheRunningStack(t *testing.T) {
	t.Setenv("GOWORK", "off")
	t.Setenv("DOUYIN_S3_ADDR", "another.stack:1")
	root := newToolCheckout(t, "audit")
	dir, err := datadir.At(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) error {
		return cli.Run(t.Context(), append([]string{"--root", root, "audit"}, args...))
	}
	seen := func() []string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(root, "bin", "audit.seen"))
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "DOUYIN_ROOT=") || strings.HasPrefix(line, "DOUYIN_DATA=")
		})
	}

	if err := run("--data", dir.Root); err == nil || !strings.Contains(err.Error(), "no stack runs") {
		t.Errorf("without a stack: %v", err)
	}
	if err := run("--json", "--data"); err == nil || !strings.Contains(err.Error(), "--data needs") {
		t.Errorf("--data without a folder: %v", err)
	}
	var code cli.ExitCode
	if err := run("--help"); !errors.As(err, &code) || code != 3 {
		t.Errorf("help without a stack: %v", err)
	}
	if got := seen(); !slices.Equal(got, []string{"--help"}) {
		t.Errorf("help: the tool received %q", got)
	}

	server, err := control.Serve(t.Context(), dir.Socket("control"), toolStack{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, args := range [][]string{{"--json", "--data", dir.Root, "x"}, {"--data=" + dir.Root, "--json", "x"}} {
		if err := run(args...); !errors.As(err, &code) || code != 3 {
			t.Errorf("%q: %v, want the exit code of the tool", args, err)
		}
		want := []string{
			"--json", "x",
			"DOUYIN_SECRETS=" + dir.Secrets,
			"DOUYIN_OBJECTS_FOLDER=" + dir.Objects,
			"DOUYIN_REDIS=127.0.0.1:21090",
			"DOUYIN_GATEWAY=http://127.0.0.1:8080",
		}
		if got := seen(); !slices.Equal(got, want) {
			t.Errorf("%q: the tool received %q, want %q", args, got, want)
		}
	}
}
