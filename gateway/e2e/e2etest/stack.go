//go:build e2e

package e2etest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// Stack controls one stack through the starter's command line.
type Stack struct {
	bin, data string
}

// TheStack returns the stack under test.
func TheStack(t testing.TB) Stack {
	t.Helper()
	s, err := findStack()
	need(t, err)
	return s
}

func findStack() (Stack, error) {
	s := Stack{bin: os.Getenv("DOUYIN_BIN"), data: os.Getenv("STACK_DATA")}
	if s.bin == "" {
		return s, missing("DOUYIN_BIN does not name the starter")
	}
	if s.data == "" {
		return s, missing("STACK_DATA does not name the data folder of the stack")
	}
	return s, nil
}

// StackData is the data folder of the stack under test.
func StackData(t testing.TB) string {
	t.Helper()
	data := os.Getenv("STACK_DATA")
	if data == "" {
		need(t, missing("STACK_DATA does not name the data folder of the stack"))
	}
	return data
}

// Beside returns a stack of the same programs with another data folder.
func (s Stack) Beside(data string) Stack { return Stack{bin: s.bin, data: data} }

// Data is the data folder of the stack.
func (s Stack) Data() string { return s.data }

// commandTimeout bounds a command of the starter that changes one part.
const commandTimeout = 30 * time.Second

// Run runs a command of the starter with additional environment variables and
// returns its output.
func (s Stack) Run(ctx context.Context, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.bin, append([]string{"--data", s.data}, args...)...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), describesStack), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("%s %s: %w\n%s%s", s.bin, strings.Join(args, " "), err, out.Bytes(), errs.Bytes())
	}
	return out.Bytes(), nil
}

// describesStack reports whether a variable describes the stack under test. A
// command about another stack must not see it.
func describesStack(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.Contains([]string{"DOUYIN_DATA", "DOUYIN_PORT_OFFSET", "GATEWAY_ADDR", "PUBLIC_BASE_URL"}, name)
}

// Status is the state of a stack.
type Status struct {
	State    string   `json:"state"`
	BaseURL  string   `json:"base_url"`
	Gateways []string `json:"gateways"`
	Suffix   string   `json:"app_id_suffix"` // keeps its app ids apart from those of another stack
	Parts    []Part   `json:"parts"`
}

// Part is a process of a stack.
type Part struct {
	Name  string `json:"name"`
	State string `json:"state"`
	PID   int    `json:"pid"`
}

func (s Stack) status(ctx context.Context) (Status, error) {
	var status Status
	out, err := s.Run(ctx, nil, "status", "--json")
	if err == nil {
		err = json.Unmarshal(out, &status)
	}
	return status, err
}

// Status returns the state of the stack.
func (s Stack) Status(t testing.TB) Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	status, err := s.status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// Parts returns the parts of the stack by name.
func (s Stack) Parts(t testing.TB) map[string]Part {
	t.Helper()
	byName := map[string]Part{}
	for _, p := range s.Status(t).Parts {
		byName[p.Name] = p
	}
	return byName
}

// PID is the process id of a part.
func (s Stack) PID(t testing.TB, name string) int {
	t.Helper()
	p := s.Parts(t)[name]
	if p.PID <= 0 {
		t.Fatalf("%s does not run: %+v", name, p)
	}
	return p.PID
}

// Sidecar is the name of a program's sidecar.
func Sidecar(app string) string { return app + sidecarSuffix }

const sidecarSuffix = "-daprd"

// Replicas returns the names of all replicas of a program or sidecar: user and
// user-2, or user-daprd and user-2-daprd.
func (s Stack) Replicas(t testing.TB, name string) []string {
	t.Helper()
	parts := s.Parts(t)
	app, suffix := name, ""
	if program, isSidecar := strings.CutSuffix(name, sidecarSuffix); isSidecar {
		app, suffix = program, sidecarSuffix
	}
	var out []string
	for n := 1; ; n++ {
		replica := app + suffix
		if n > 1 {
			replica = fmt.Sprintf("%s-%d%s", app, n, suffix)
		}
		if _, exists := parts[replica]; !exists {
			return out
		}
		out = append(out, replica)
	}
}

// audit runs the auditor and returns its report.
func (s Stack) audit(ctx context.Context) (string, error) {
	out, err := s.Run(ctx, nil, "audit")
	return strings.TrimSpace(string(out)), err
}

// Audit fails the test for every promise about the data of the stack that does not
// hold.
func (s Stack) Audit(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), finalTimeout)
	defer cancel()
	start := time.Now()
	report, err := s.audit(ctx)
	if err != nil {
		t.Errorf("the audit fails: %v", err)
		return
	}
	t.Logf("audit took %s: %s", time.Since(start).Round(time.Millisecond), report)
}
