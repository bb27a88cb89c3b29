package install_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
)

func absent(name string, packages ...string) install.Need {
	return install.Need{Name: name, Packages: packages, Find: func(context.Context) error { return exec.ErrNotFound }}
}

func present(name string) install.Need {
	return install.Need{Name: name, Packages: []string{name}, Find: func(context.Context) error { return nil }}
}

func TestAdviceCanBePasted(t *testing.T) {
	advice := install.Advice([]install.Need{absent("Redis", "redis-server"), absent("a compiler", "gcc", "libc6-dev")})
	if !strings.Contains(advice, "sudo apt-get install -y --no-install-recommends redis-server gcc libc6-dev") ||
		!strings.Contains(advice, "missing: Redis, a compiler") {
		t.Error(advice)
	}
}

func TestNothingMissingRunsNothing(t *testing.T) {
	installer := install.Installer{
		Console: console.Plain(t.Output()),
		Run:     func(context.Context, *exec.Cmd) error { return errors.New("must not run") },
	}
	if err := installer.Ensure(t.Context(), []install.Need{present("redis")}); err != nil {
		t.Error(err)
	}
}

// onlyPath makes a PATH of fake programs alone.
func onlyPath(t *testing.T, programs ...string) {
	t.Helper()
	folder := t.TempDir()
	for _, program := range programs {
		if err := os.WriteFile(filepath.Join(folder, program), []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil { //nolint:gosec // a program has to be executable
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
}

func TestWithoutAptTheErrorTellsHow(t *testing.T) {
	onlyPath(t)
	err := install.Installer{Console: console.Plain(t.Output())}.Ensure(t.Context(), []install.Need{absent("Redis", "redis-server")})
	if err == nil || !strings.Contains(err.Error(), "apt-get install") || !strings.Contains(err.Error(), "redis-server") {
		t.Errorf("error %v", err)
	}
}

func TestInstallsOnlyWhatIsMissing(t *testing.T) {
	onlyPath(t, "apt-get", "sudo")
	var commands [][]string
	installed := false
	redis := install.Need{Name: "Redis", Packages: []string{"redis-server"}, Find: func(context.Context) error {
		if installed {
			return nil
		}
		return exec.ErrNotFound
	}}
	installer := install.Installer{Console: console.Plain(t.Output()), Run: func(_ context.Context, cmd *exec.Cmd) error {
		commands = append(commands, cmd.Args)
		installed = slices.Contains(cmd.Args, "install")
		return nil
	}}
	if err := installer.Ensure(t.Context(), []install.Need{redis, present("mariadb-server")}); err != nil {
		t.Fatal(err)
	}
	if len(commands) != 2 || !slices.Contains(commands[0], "update") {
		t.Fatalf("commands %v", commands)
	}
	if last := commands[1]; !slices.Contains(last, "redis-server") || slices.Contains(last, "mariadb-server") {
		t.Errorf("command %v", last)
	}
}

func TestInstalledButNotFound(t *testing.T) {
	onlyPath(t, "apt-get", "sudo")
	installer := install.Installer{Console: console.Plain(t.Output()), Run: func(context.Context, *exec.Cmd) error { return nil }}
	if installer.Ensure(t.Context(), []install.Need{absent("Redis", "redis-server")}) == nil {
		t.Error("no error although the program is still missing")
	}
}
