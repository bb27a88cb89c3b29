// Package compare runs two builds beside each other and measures them in turn.
package compare

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stack"
)

// Checkout is a source tree with a built starter.
type Checkout struct {
	Root string

	repository string // that the tree was checked out of, to be removed from it; "" for a folder
}

// Open returns the checkout that a folder or a commit of the repository at root
// names, and builds its starter. It is removed by Close if it was made for this.
func Open(ctx context.Context, root, what string) (c Checkout, err error) {
	if _, err := os.Stat(filepath.Join(what, "go.work")); err == nil {
		if c.Root, err = filepath.Abs(what); err != nil {
			return c, err
		}
	} else if c, err = checkOut(ctx, root, what); err != nil {
		return c, err
	}
	if err := command(ctx, c.Root, "go", "build", "-o", filepath.Join("bin", "douyin"), "./deploy/local"); err != nil {
		return c, errors.Join(err, c.Close())
	}
	return c, nil
}

func checkOut(ctx context.Context, root, commit string) (Checkout, error) {
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return Checkout{}, err
	}
	c := Checkout{Root: filepath.Join(folder, "checkout"), repository: root}
	if err := command(ctx, root, "git", "worktree", "add", "--detach", c.Root, commit); err != nil {
		return c, errors.Join(fmt.Errorf("%s is neither a checkout nor a commit: %w", commit, err), os.RemoveAll(folder))
	}
	// The starter builds another sidecar if this one does not fit the sources.
	for _, name := range []string{"daprd", "daprd.stamp"} {
		raw, err := os.ReadFile(filepath.Join(root, "bin", name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.MkdirAll(filepath.Join(c.Root, "bin"), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(c.Root, "bin", name), raw, 0o755) //nolint:gosec // a program
		}
		if err != nil {
			return c, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// Close removes the tree of a commit.
func (c Checkout) Close() error {
	if c.repository == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := command(ctx, c.repository, "git", "worktree", "remove", "--force", c.Root)
	return errors.Join(err, os.RemoveAll(filepath.Dir(c.Root)))
}

func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // git and go
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, args[0], err, bytes.TrimSpace(out))
	}
	return nil
}

// Held is what Hold prints about a stack.
type Held struct {
	stack.Location
	PID int `json:"pid"` // of the process that holds it
}

// Hold prints where the stack of the environment is, and keeps it until the context
// ends.
func Hold(ctx context.Context, out io.Writer) error {
	location, err := stack.FromEnvironment()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(Held{location, os.Getpid()}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// Running is a running stack of a checkout.
type Running struct {
	Held

	cmd    *exec.Cmd
	output *tail
}

// start bounds the time that a stack takes, with the build of a sidecar.
const start = 15 * time.Minute

// Start runs a throwaway stack of the checkout. It ends with Stop, and with this
// process.
func (c Checkout) Start(ctx context.Context) (*Running, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(filepath.Join(c.Root, "bin", "douyin"), "with", "--", program, "hold") //nolint:gosec,noctx // Stop ends it
	cmd.Dir = c.Root
	cmd.Env = slices.DeleteFunc(os.Environ(), ofAnotherStack)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	r := &Running{cmd: cmd, output: &tail{}}
	cmd.Stderr = r.output
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := make(chan []byte, 1)
	go func() {
		defer close(lines)
		if line, err := bufio.NewReader(out).ReadBytes('\n'); err == nil {
			lines <- line
		}
	}()
	timer := time.NewTimer(start)
	defer timer.Stop()
	select {
	case line, ok := <-lines:
		if ok {
			err = json.Unmarshal(line, &r.Held)
		} else {
			err = errors.New("it ended")
		}
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = errors.New("it takes too long")
	}
	if err != nil {
		err = fmt.Errorf("stack of %s: %w\n%s", c.Root, err, r.output)
		return nil, errors.Join(err, r.end(cmd.Process.Pid))
	}
	return r, nil
}

// ofAnotherStack reports whether an entry of the environment names a stack: a
// comparison may itself run beside one.
func ofAnotherStack(entry string) bool {
	name, _, _ := strings.Cut(entry, "=")
	return strings.HasPrefix(name, "DOUYIN_") || slices.Contains([]string{"STACK_DATA", "BASE_URL", "BASE_URLS"}, name)
}

// Stop ends the stack and deletes its data.
func (r *Running) Stop() error {
	err := r.end(r.PID)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, r.output)
	}
	return err
}

// end asks a process to end and waits for the starter.
func (r *Running) end(pid int) error {
	err := syscall.Kill(pid, syscall.SIGTERM)
	if errors.Is(err, syscall.ESRCH) {
		err = nil
	}
	return errors.Join(err, r.cmd.Wait())
}

// tail keeps the end of a process's output.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-tailSize):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
