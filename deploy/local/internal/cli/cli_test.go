package cli_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/cli"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
)

const root = "../../../.."

func checkout(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// The command sees its databases, its exit code is handed on, and nothing is
// left of the stack.
func TestWithHandsOnTheExitCode(t *testing.T) {
	if missing := install.Missing(t.Context(), append(install.Databases(), install.Media())); len(missing) > 0 {
		if os.Getenv("REQUIRE_INFRA") == "1" {
			t.Fatal(install.Advice(missing))
		}
		t.Skip(install.Advice(missing))
	}
	t.Setenv("GATEWAY_ADDR", "127.0.0.1:1") // a developer's own stack is not to be met
	note := filepath.Join(t.TempDir(), "note")
	script := `echo "$TEST_MYSQL_DSN $TEST_REDIS_ADDR $REQUIRE_INFRA $STACK_DATA $TEST_S3_ENDPOINT" > ` + note + `; exit 7`
	err := cli.Run(t.Context(), []string{"--root", checkout(t), "with", "--infra-only", "--no-build", "--", "sh", "-c", script})
	var code cli.ExitCode
	if !errors.As(err, &code) || code != 7 {
		t.Errorf("error %v, want exit code 7", err)
	}
	text, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	if len(fields) < 4 || !strings.Contains(fields[0], "tcp(127.0.0.1:") || !strings.HasPrefix(fields[1], "127.0.0.1:") || fields[2] != "1" {
		t.Fatalf("environment %q", text)
	}
	if _, err := os.Stat(filepath.Join(root, "bin", "versitygw")); err == nil && (len(fields) != 5 || !strings.HasPrefix(fields[4], "http://127.0.0.1:")) {
		t.Errorf("environment %q has no S3 server", text)
	}
	if _, err := os.Stat(fields[3]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data folder is still there: %v", err)
	}
}

func TestCommandsWithoutAStack(t *testing.T) {
	data := filepath.Join(t.TempDir(), "run")
	in := func(args ...string) error {
		return cli.Run(t.Context(), append([]string{"--root", checkout(t), "--data", data}, args...))
	}
	for _, args := range [][]string{{"status"}, {"stop", "redis"}, {"seed"}} {
		if err := in(args...); err == nil || !strings.Contains(err.Error(), "bin/douyin up") {
			t.Errorf("%v: %v", args, err)
		}
	}
	for _, args := range [][]string{{"down"}, {"clean"}} {
		if err := in(args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := in("logs", "nobody"); err == nil {
		t.Error("logs of a part that does not exist")
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a question made a data folder: %v", err)
	}
}

func TestDoctorSaysWhenDiskIsShort(t *testing.T) {
	var code cli.ExitCode
	err := cli.Run(t.Context(), []string{"--root", checkout(t), "--data", t.TempDir(), "doctor", "--min-free", "1000000"})
	if !errors.As(err, &code) || code != 1 {
		t.Errorf("error %v, want exit code 1", err)
	}
}

func TestCleanDeletesOnlyDataFolders(t *testing.T) {
	data := filepath.Join(t.TempDir(), "run")
	dir, err := datadir.At(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	release, err := dir.Lock()
	if err != nil {
		t.Fatal(err)
	}
	clean := []string{"--root", checkout(t), "--data", data, "clean"}
	if err := cli.Run(t.Context(), clean); err == nil || !strings.Contains(err.Error(), "bin/douyin down") {
		t.Errorf("a running stack: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := cli.Run(t.Context(), clean); err != nil || dir.Exists() {
		t.Errorf("cleaned: %v, still there: %v", err, dir.Exists())
	}
}

// Rows of one environment name objects that another does not have. What a start
// has to do with here is a port that is taken, which is looked at afterwards.
func TestADataFolderStaysWithItsEnvironment(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const other = "are those of the environment "
	for _, test := range []struct{ record, env, fault string }{
		{`{"environment": "s3"}`, "local", other + "s3"},
		{`{"environment": "local"}`, "s3", other + "local"},
		{`{"offset": 0}`, "s3", other + "local"}, // from before there was a choice
		{`{"offset": 0}`, "local", "is taken by"},
		{"", "s3", "is taken by"},
	} {
		dir, err := datadir.At(filepath.Join(t.TempDir(), "run"))
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.Create(); err != nil {
			t.Fatal(err)
		}
		if test.record != "" {
			if err := os.WriteFile(filepath.Join(dir.Root(), "stack.json"), []byte(test.record), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		up := func(env string) error {
			return cli.Run(t.Context(), []string{"--root", checkout(t), "--data", dir.Root(), "--env", env,
				"--gateway-addr", taken.Addr().String(), "up", "--no-build"})
		}
		if err := up(test.env); err == nil || !strings.Contains(err.Error(), test.fault) {
			t.Errorf("%s on %q: %v", test.env, test.record, err)
		}
		if test.record == "" { // a first start that failed binds nothing
			if err := up("local"); err == nil || !strings.Contains(err.Error(), "is taken by") {
				t.Errorf("then local: %v", err)
			}
			if err := up("s3"); err == nil || !strings.Contains(err.Error(), "is taken by") {
				t.Errorf("then s3 again: %v", err)
			}
		}
	}
}

// The Dapr CLI would keep objects in a folder all the same.
func TestInfraIsOfTheRunFilesEnvironment(t *testing.T) {
	data := filepath.Join(t.TempDir(), "run")
	for _, args := range [][]string{{"infra"}, {"infra", "--detach"}} {
		err := cli.Run(t.Context(), append([]string{"--root", checkout(t), "--data", data, "--env", "s3"}, args...))
		if err == nil || !strings.Contains(err.Error(), "bin/douyin --env s3 up") {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made a data folder: %v", err)
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"fly"}, {"--resolver", "pigeon", "status"}, {"--replicas", "3", "status"}, {"with"}} {
		if err := cli.Run(t.Context(), args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	if err := cli.Run(t.Context(), []string{"--root", t.TempDir(), "doctor"}); err == nil {
		t.Error("a folder that is no checkout")
	}
}
