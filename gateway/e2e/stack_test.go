//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// starter speaks to the starter of one stack.
type starter struct {
	bin, data string
}

// process is one program of a stack as the starter sees it.
type process struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
}

// stackData is the data folder of the stack under test.
func stackData(t testing.TB) string {
	t.Helper()
	data := os.Getenv("STACK_DATA")
	if data == "" {
		unavailable(t, "STACK_DATA is not set: the data folder of the stack is needed")
	}
	return data
}

// theStack is the stack under test.
func theStack(t testing.TB) starter {
	t.Helper()
	bin := os.Getenv("DOUYIN_BIN")
	if bin == "" {
		unavailable(t, "DOUYIN_BIN is not set: the starter is needed")
	}
	return starter{bin: bin, data: stackData(t)}
}

// run runs a subcommand with extra variables and returns what it printed.
func (s starter) run(ctx context.Context, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.bin, append([]string{"--data", s.data}, args...)...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), ofThisStack), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("%s %s: %w\n%s%s", s.bin, strings.Join(args, " "), err, out.Bytes(), errs.Bytes())
	}
	return out.Bytes(), nil
}

// ofThisStack says that a variable describes the stack under test and would
// lead a command about another one astray.
func ofThisStack(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.Contains([]string{"DOUYIN_DATA", "DOUYIN_PORT_OFFSET", "GATEWAY_ADDR", "PUBLIC_BASE_URL"}, name)
}

// status is what the starter says of a stack.
type status struct {
	BaseURL string    `json:"base_url"`
	Suffix  string    `json:"app_id_suffix"` // what keeps its names apart from another stack's
	Parts   []process `json:"parts"`
}

func (s starter) status(t testing.TB) status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := s.run(ctx, nil, "status", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var st status
	if err := json.Unmarshal(out, &st); err != nil {
		t.Fatalf("status --json: %v in %s", err, out)
	}
	return st
}

// processes lists the programs of the stack by name.
func (s starter) processes(t testing.TB) map[string]process {
	t.Helper()
	status := s.status(t)
	byName := make(map[string]process, len(status.Parts))
	for _, p := range status.Parts {
		byName[p.Name] = p
	}
	return byName
}

// pid finds a running program by its name.
func (s starter) pid(t testing.TB, name string) int {
	t.Helper()
	all := s.processes(t)
	p, ok := all[name]
	if !ok || p.PID <= 0 {
		t.Fatalf("%s is not among the running programs %v", name, all)
	}
	return p.PID
}

// kill ends a program the hard way and returns its pid.
func (s starter) kill(t testing.TB, name string) int {
	t.Helper()
	pid := s.pid(t, name)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %s: %v", name, err)
	}
	return pid
}

// restart stops a program and starts it again.
func (s starter) restart(t testing.TB, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := s.run(ctx, nil, "restart", name); err != nil {
		t.Fatal(err)
	}
}

// stop stops a program and keeps it down; the end of the test starts it again,
// also when the test fails.
func (s starter) stop(t testing.TB, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := s.run(ctx, nil, "stop", name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.start(t, name) })
}

// start starts a stopped program; a running one is left alone.
func (s starter) start(t testing.TB, name string) {
	t.Helper()
	// Not the context of the test, which has ended when cleanups run.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := s.run(ctx, nil, "start", name); err != nil {
		t.Errorf("start %s: %v", name, err)
	}
}

// sidecarOf names the sidecar of a program.
func sidecarOf(app string) string { return app + "-daprd" }

// replicas are the names under which a program, or a sidecar, runs in this stack:
// user, user-2, or user-daprd, user-2-daprd.
func (s starter) replicas(t testing.TB, name string) []string {
	t.Helper()
	running := s.processes(t)
	app, kind := name, ""
	if rest, isSidecar := strings.CutSuffix(name, sidecarOf("")); isSidecar {
		app, kind = rest, sidecarOf("")
	}
	var out []string
	for n := 1; ; n++ {
		replica := app + kind
		if n > 1 {
			replica = fmt.Sprintf("%s-%d%s", app, n, kind)
		}
		if _, ok := running[replica]; !ok {
			return out
		}
		out = append(out, replica)
	}
}

// stopAll stops all replicas of a program or sidecar, as stop does.
func (s starter) stopAll(t testing.TB, name string) {
	t.Helper()
	for _, replica := range s.replicas(t, name) {
		s.stop(t, replica)
	}
}

// startAll starts all replicas of a program or sidecar.
func (s starter) startAll(t testing.TB, name string) {
	t.Helper()
	for _, replica := range s.replicas(t, name) {
		s.start(t, replica)
	}
}

// crash kills all replicas of a program and waits until they run again.
func (s starter) crash(t testing.TB, name string) {
	t.Helper()
	old := map[string]int{}
	for _, replica := range s.replicas(t, name) {
		old[replica] = s.kill(t, replica)
	}
	within(t, recovery, name+" runs again", func(context.Context) error {
		running := s.processes(t)
		for replica, pid := range old {
			if p := running[replica]; p.PID <= 0 || p.PID == pid {
				return fmt.Errorf("%s: pid %d, was %d", replica, p.PID, pid)
			}
		}
		return nil
	})
}

// memory reads a value of /proc/PID/status, in bytes: VmRSS now, VmHWM the
// highest since the last resetPeak.
func memory(pid int, key string) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in the status of %d", key, pid)
}

// resetPeak makes the kernel forget the highest resident size so far.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o200)
}
