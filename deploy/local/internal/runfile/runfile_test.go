package runfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dapr", "dapr.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const sample = `
version: 1
common:
  resourcesPaths: [../components/local, resources]
  configFilePath: config.yaml
  logLevel: warn
  env: {A: common, B: common}
apps:
  - appID: one
    appDirPath: ..
    command: [bin/one]
    daprHTTPPort: 1
    daprGRPCPort: 2
    daprInternalGRPCPort: 3
    metricsPort: 4
    logLevel: debug
    env: {B: own}
  - appID: two
    appDirPath: ..
    command: [bin/two]
    appPort: 5
    daprHTTPPort: 6
    daprGRPCPort: 7
    daprInternalGRPCPort: 8
    metricsPort: 9
    unknownKey: left to the CLI
`

func TestReadMergesAndResolves(t *testing.T) {
	path := write(t, sample)
	file, err := runfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Dir(filepath.Dir(path))
	one, two := file.Apps[0], file.Apps[1]
	if one.LogLevel != "debug" || two.LogLevel != "warn" {
		t.Errorf("log levels %q and %q: an app's own value overrides", one.LogLevel, two.LogLevel)
	}
	if one.Env["A"] != "common" || one.Env["B"] != "own" {
		t.Errorf("env %v: the app's values override the common ones", one.Env)
	}
	if want := filepath.Join(root, "components", "local"); two.ResourcesPaths[0] != want {
		t.Errorf("resources in %s, want %s", two.ResourcesPaths[0], want)
	}
	if want := filepath.Join(root, "dapr", "config.yaml"); one.ConfigFilePath != want {
		t.Errorf("config %s, want %s", one.ConfigFilePath, want)
	}
	if one.AppDirPath != root {
		t.Errorf("app dir %s, want %s", one.AppDirPath, root)
	}
	if one.Service() || !two.Service() {
		t.Error("an app with a port is a service")
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no apps":    "version: 1\n",
		"no id":      "version: 1\napps: [{command: [x], daprHTTPPort: 1, daprGRPCPort: 2, daprInternalGRPCPort: 3, metricsPort: 4}]",
		"no command": "version: 1\napps: [{appID: a, daprHTTPPort: 1, daprGRPCPort: 2, daprInternalGRPCPort: 3, metricsPort: 4}]",
		"no port":    "version: 1\napps: [{appID: a, command: [x], daprHTTPPort: 1, daprGRPCPort: 2, metricsPort: 4}]",
		"no YAML":    "apps: [",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := runfile.Read(write(t, text)); err == nil {
				t.Error("read without an error")
			}
		})
	}
}

// The checkout's own run file is readable.
func TestReadsTheRealFile(t *testing.T) {
	file, err := runfile.Read("../../../../dapr/dapr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range file.Apps {
		for _, path := range append([]string{app.ConfigFilePath}, app.ResourcesPaths...) {
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", app.AppID, err)
			}
		}
	}
}
