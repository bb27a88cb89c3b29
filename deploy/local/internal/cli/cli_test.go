package cli_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/cli"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
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

// The command finds the databases and its exit code is returned. Of a failure the
// logs are kept, of a success nothing.
func TestWithReturnsTheExitCode(t *testing.T) {
	if missing := install.Missing(t.Context(), append(install.Databases(), install.Media())); len(missing) > 0 {
		if os.Getenv("REQUIRE_INFRA") == "1" {
			t.Fatal(install.Advice(missing))
		}
		t.Skip(install.Advice(missing))
	}
	t.Setenv("GATEWAY_ADDR", "127.0.0.1:1") // of a developer's own stack; it must not be used
	note := filepath.Join(t.TempDir(), "note")
	with := func(exit string) ([]string, error) {
		script := `echo "$TEST_MYSQL_DSN $TEST_REDIS_ADDR $REQUIRE_INFRA $STACK_DATA $TEST_S3_ENDPOINT" > ` + note + `; exit ` + exit
		ended := cli.Run(t.Context(), []string{"--root", checkout(t), "with", "--infra-only", "--no-build", "--", "sh", "-c", script})
		text, err := os.ReadFile(note)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(text)), ended
	}
	fields, err := with("7")
	var code cli.ExitCode
	if !errors.As(err, &code) || code != 7 {
		t.Errorf("error %v, want exit code 7", err)
	}
	if len(fields) < 4 || !strings.Contains(fields[0], "tcp(127.0.0.1:") || !strings.HasPrefix(fields[1], "127.0.0.1:") || fields[2] != "1" {
		t.Fatalf("environment %q", fields)
	}
	if _, err := os.Stat(filepath.Join(root, "bin", "versitygw")); err == nil && (len(fields) != 5 || !strings.HasPrefix(fields[4], "http://127.0.0.1:")) {
		t.Errorf("environment %q has no S3 server", fields)
	}
	if lines, _, err := logs.Tail(filepath.Join(fields[3], "logs", "redis.log"), 1); err != nil || len(lines) == 0 {
		t.Errorf("the logs of a failure are lost: %v", err)
	}
	if _, err := os.Stat(filepath.Join(fields[3], "mysql")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data of a failure is kept: %v", err)
	}
	if err := os.RemoveAll(fields[3]); err != nil {
		t.Error(err)
	}
	if fields, err = with("0"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(fields[3]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data folder is still there: %v", err)
	}
}

// isMisuse reports whether the error ends the program with code 2 and one line
// that has the cure.
func isMisuse(err error, cure string) bool {
	var misuse *cli.MisuseError
	return errors.As(err, &misuse) && strings.Contains(err.Error(), cure) && !strings.Contains(err.Error(), "\n")
}

func TestCommandsWithoutAStack(t *testing.T) {
	data := filepath.Join(t.TempDir(), "run")
	in := func(args ...string) error {
		return cli.Run(t.Context(), append([]string{"--root", checkout(t), "--data", data}, args...))
	}
	for _, args := range [][]string{{"status"}, {"stop", "redis"}, {"seed"}} {
		if err := in(args...); !isMisuse(err, "bin/douyin up") {
			t.Errorf("%v: %v", args, err)
		}
	}
	for _, args := range [][]string{{"down"}, {"clean"}} {
		if err := in(args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := in("logs", "nobody"); !isMisuse(err, "choose one of") {
		t.Errorf("logs of a part that does not exist: %v", err)
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a query made a data folder: %v", err)
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
	if err := cli.Run(t.Context(), clean); !isMisuse(err, "bin/douyin down") {
		t.Errorf("a running stack: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := cli.Run(t.Context(), clean); err != nil || dir.Exists() {
		t.Errorf("cleaned: %v, still there: %v", err, dir.Exists())
	}
}

// Rows of one environment name objects that another does not have. A start that
// passes this check fails here at a port that is taken.
func TestADataFolderBelongsToItsEnvironment(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const other = "belong to the environment "
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
			if err := os.WriteFile(filepath.Join(dir.Root, "stack.json"), []byte(test.record), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		up := func(env string) error {
			return cli.Run(t.Context(), []string{"--root", checkout(t), "--data", dir.Root, "--env", env,
				"--gateway-addr", taken.Addr().String(), "up", "--no-build"})
		}
		if err := up(test.env); err == nil || !strings.Contains(err.Error(), test.fault) {
			t.Errorf("%s on %q: %v", test.env, test.record, err)
		}
		if test.record == "" { // a failed first start binds nothing
			if err := up("local"); err == nil || !strings.Contains(err.Error(), "is taken by") {
				t.Errorf("then local: %v", err)
			}
			if err := up("s3"); err == nil || !strings.Contains(err.Error(), "is taken by") {
				t.Errorf("then s3 again: %v", err)
			}
		}
	}
}

// With the Dapr CLI the run file chooses the components.
func TestInfraNeedsTheRunFilesEnvironment(t *testing.T) {
	data := filepath.Join(t.TempDir(), "run")
	for _, args := range [][]string{{"infra"}, {"infra", "--detach"}} {
		err := cli.Run(t.Context(), append([]string{"--root", checkout(t), "--data", data, "--env", "s3"}, args...))
		if !isMisuse(err, "bin/douyin --env s3 up") {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made a data folder: %v", err)
	}
}

func TestMisuse(t *testing.T) {
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "letter"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(data string, args ...string) []string {
		return append([]string{"--root", checkout(t), "--data", data}, args...)
	}
	for cure, calls := range map[string][][]string{
		"bin/douyin --help":          {{"fly"}, {"--resolver", "pigeon", "status"}, {"--replicas", "3", "status"}, {"status", "--nonsense"}, {"logs", "-n", "many"}, {"stop"}, {"with"}, {}},
		"bin/douyin with -- COMMAND": {{"--root", checkout(t), "with", "--"}},
		"--root":                     {{"--root", t.TempDir(), "doctor"}, {"--root", t.TempDir(), "up"}},
		"--data":                     {at(foreign, "up"), at(foreign, "up", "--detach")},
		"--port-offset":              {at(filepath.Join(t.TempDir(), "run"), "--port-offset", "60000", "up")},
	} {
		for _, args := range calls {
			if err := cli.Run(t.Context(), args); !isMisuse(err, cure) {
				t.Errorf("%v: %v, want the cure %q", args, err, cure)
			}
		}
	}
}

func TestDataFolderOfANewerVersion(t *testing.T) {
	data := t.TempDir()
	for name, text := range map[string]string{".douyin-data": "", "version": "99\n"} {
		if err := os.WriteFile(filepath.Join(data, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range []string{"up", "status", "logs", "doctor", "seed", "audit"} {
		err := cli.Run(t.Context(), []string{"--root", checkout(t), "--data", data, command})
		if !isMisuse(err, "newer checkout") {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// A running stack does not know the part.
func TestUnknownPart(t *testing.T) {
	dir, err := datadir.At(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	server, err := control.Serve(t.Context(), dir.Socket("control"), toolStack{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	err = cli.Run(t.Context(), []string{"--root", checkout(t), "--data", dir.Root, "stop", "nobody"})
	if !isMisuse(err, "bin/douyin status") {
		t.Errorf("error %v", err)
	}
}
