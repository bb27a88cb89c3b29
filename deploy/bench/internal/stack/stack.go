// Package stack finds the parts of a running stack: the one that `bin/douyin with`
// names in the environment of its command.
package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Location says where a stack is. It travels between processes as JSON.
type Location struct {
	BaseURL string `json:"base_url"`
	Data    string `json:"data"`    // its data folder
	Starter string `json:"starter"` // path of bin/douyin
	Root    string `json:"root"`    // checkout that it runs
	Env     string `json:"environment"`
}

// FromEnvironment reads the variables that `bin/douyin with` sets.
func FromEnvironment() (Location, error) {
	l := Location{
		BaseURL: os.Getenv("BASE_URL"), Data: os.Getenv("STACK_DATA"), Starter: os.Getenv("DOUYIN_BIN"),
		Root: os.Getenv("DOUYIN_ROOT"), Env: os.Getenv("DOUYIN_ENV"),
	}
	if l.BaseURL == "" || l.Data == "" || l.Starter == "" {
		return l, errors.New("no stack to measure: run `make bench`, or `bin/douyin with -- bin/bench`")
	}
	return l, nil
}

// Part is a running process of the stack.
type Part struct {
	Name string `json:"name"` // user, user-daprd, redis, ...
	PID  int    `json:"pid"`
	Port int    `json:"port"`
}

// Stack is a running stack.
type Stack struct {
	Location

	Addr          string            // host:port of the gateway
	Parts         []Part            // with a process
	DSNs          map[string]string // of the databases, by service
	RedisAddr     string
	RedisPassword string
	JWTKeys       string // JSON, as in the secret store
}

// Open asks the starter for the parts and reads the secrets.
func Open(ctx context.Context, l Location) (*Stack, error) {
	s := &Stack{Location: l, DSNs: map[string]string{}}
	address, err := url.Parse(l.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	s.Addr = address.Host
	raw, err := l.starter(ctx, "status", "--json")
	if err != nil {
		return nil, err
	}
	var status struct {
		Parts []Part `json:"parts"`
	}
	if err := json.Unmarshal(raw, &status); err != nil {
		return nil, fmt.Errorf("status of the stack: %w", err)
	}
	for _, part := range status.Parts {
		if part.PID != 0 {
			s.Parts = append(s.Parts, part)
		}
		if part.Name == "redis" {
			s.RedisAddr = net.JoinHostPort("127.0.0.1", strconv.Itoa(part.Port))
		}
	}
	return s, s.readSecrets()
}

func (s *Stack) readSecrets() error {
	raw, err := os.ReadFile(filepath.Join(s.Data, "secrets.json"))
	if err != nil {
		return err
	}
	var secrets map[string]string
	if err := json.Unmarshal(raw, &secrets); err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	for name, value := range secrets {
		if service, ok := strings.CutPrefix(name, "mysql-"); ok {
			s.DSNs[strings.TrimSuffix(service, "-dsn")] = value
		}
	}
	s.RedisPassword, s.JWTKeys = secrets["redis-password"], secrets["jwt-keys"]
	return nil
}

// Objects is the folder in which the environment local keeps objects.
func (l Location) Objects() string { return filepath.Join(l.Data, "objects") }

// Audit runs the auditor and returns its last line. The error is that of an audit
// with a violation too; the report then holds the violations.
func (l Location) Audit(ctx context.Context) (report string, err error) {
	out, err := l.starter(ctx, "audit", "--settle", "60s")
	return strings.TrimSpace(string(out)), err
}

// starter runs a command of the starter on this stack and returns its output.
func (l Location) starter(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, l.Starter, args...) //nolint:gosec // the starter of this stack
	cmd.Env = append(os.Environ(), "DOUYIN_DATA="+l.Data, "DOUYIN_ROOT="+l.Root, "DOUYIN_ENV="+l.Env)
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", l.Starter, args[0], err, bytes.TrimSpace(failure.Bytes()))
	}
	return out, err
}
