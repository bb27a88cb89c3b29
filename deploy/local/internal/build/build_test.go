package build_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
)

// checkout is a fake, with a compiler that records its calls.
type checkout struct {
	build.Builder
	screen bytes.Buffer
	calls  [][]string
	stderr string // what the compiler says
	fail   bool
}

func newCheckout(t *testing.T) *checkout {
	t.Helper()
	c := &checkout{}
	root := t.TempDir()
	for path, text := range map[string]string{
		"gateway/main.go":       "package main",
		"services/user/main.go": "package main",
		"dapr/sidecar/main.go":  "package main",
		"dapr/sidecar/go.sum":   "x",
		"dapr/sidecar/go.mod":   "module x\n\nrequire (\n\tgithub.com/dapr/dapr v1.18.2\n\tgithub.com/dapr/kit v0.18.2\n)\n",
		"deploy/s3/main.go":     "package main",
		"deploy/s3/go.mod":      "module y\n\nrequire github.com/versity/versitygw v1.8.0\n",
		"bin/.keep":             "",
	} {
		c.write(t, filepath.Join(root, path), text)
	}
	c.Builder = build.Builder{Root: root, Console: console.Plain(&c.screen), Run: c.run}
	return c
}

func (c *checkout) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (c *checkout) run(_ context.Context, cmd *exec.Cmd) error {
	c.calls = append(c.calls, cmd.Args[1:])
	if _, err := fmt.Fprint(cmd.Stderr, c.stderr); err != nil {
		return err
	}
	if c.fail {
		return errors.New("exit status 1")
	}
	if i := slices.Index(cmd.Args, "-o"); i > 0 && !strings.HasSuffix(cmd.Args[i+1], "/") {
		return os.WriteFile(cmd.Args[i+1], []byte("binary"), 0o600)
	}
	return nil
}

func TestProgramsAreBuiltWithOneCall(t *testing.T) {
	c := newCheckout(t)
	c.stderr = "go: downloading example.com/x v1.0.0\nexample.com/x\nexample.com/y\n"
	if err := c.Programs(t.Context(), []string{"gateway", "user"}); err != nil {
		t.Fatal(err)
	}
	if len(c.calls) != 1 || !slices.Contains(c.calls[0], "./gateway") || !slices.Contains(c.calls[0], "./services/user") {
		t.Errorf("calls %v", c.calls)
	}
	if !strings.Contains(c.screen.String(), "2 packages") {
		t.Errorf("shown: %s", c.screen.String())
	}
	if c.Programs(t.Context(), []string{"nobody"}) == nil {
		t.Error("a program without sources is built")
	}
}

func TestUpToDateProgramsShowNothing(t *testing.T) {
	c := newCheckout(t)
	if err := c.Programs(t.Context(), []string{"gateway"}); err != nil {
		t.Fatal(err)
	}
	if c.screen.Len() != 0 {
		t.Errorf("shown: %s", c.screen.String())
	}
}

func TestCompilerErrorIsShown(t *testing.T) {
	c := newCheckout(t)
	c.fail = true
	c.stderr = "example.com/x\n# example.com/y\ny.go:3:2: undefined: z\n"
	err := c.Programs(t.Context(), []string{"gateway"})
	if err == nil || !strings.Contains(err.Error(), "y.go:3:2: undefined: z") {
		t.Errorf("error %v", err)
	}
}

func TestSidecarIsBuiltWhenItsSourcesChange(t *testing.T) {
	c := newCheckout(t)
	built := func() int {
		n := 0
		for _, call := range c.calls {
			if call[0] == "build" {
				n++
			}
		}
		return n
	}
	steps := []struct {
		name   string
		change func()
		want   int
	}{
		{"first", func() {}, 1},
		{"again", func() {}, 1},
		{"a source changed", func() { c.write(t, filepath.Join(c.Root, "dapr/sidecar/main.go"), "package main // new") }, 2},
		{"a test changed", func() { c.write(t, filepath.Join(c.Root, "dapr/sidecar/main_test.go"), "package main") }, 2},
		{"the program was deleted", func() {
			if err := os.Remove(c.Bin("daprd")); err != nil {
				t.Fatal(err)
			}
		}, 3},
	}
	for _, step := range steps {
		step.change()
		if err := c.Sidecar(t.Context()); err != nil {
			t.Fatal(err)
		}
		if built() != step.want {
			t.Fatalf("%s: built %d times, want %d", step.name, built(), step.want)
		}
	}
	last := strings.Join(c.calls[len(c.calls)-1], " ")
	if !strings.Contains(last, "buildinfo.version=1.18.2") {
		t.Errorf("call %s: the sidecar needs its version", last)
	}
}

// Each program outside the workspace has a stamp of its own.
func TestS3ServerIsBuiltOnce(t *testing.T) {
	c := newCheckout(t)
	if err := c.Sidecar(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.calls = nil
	for range 2 {
		if err := c.S3(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	builds := slices.DeleteFunc(c.calls, func(call []string) bool { return call[0] != "build" })
	if len(builds) != 1 || !slices.Contains(builds[0], c.Bin("versitygw")) || !strings.Contains(c.screen.String(), "versitygw 1.8.0") {
		t.Errorf("calls %v, shown: %s", builds, c.screen.String())
	}
}

func TestFailedBuildIsRetried(t *testing.T) {
	c := newCheckout(t)
	c.fail = true
	if c.Sidecar(t.Context()) == nil {
		t.Fatal("no error")
	}
	c.fail, c.calls = false, nil
	if err := c.Sidecar(t.Context()); err != nil || len(c.calls) == 0 {
		t.Errorf("%v after %d calls", err, len(c.calls))
	}
}
