// Package runfile reads the Dapr CLI's multi-app run file (dapr/dapr.yaml), so
// that the starter and `dapr run -f` start the same programs in the same way. It
// ignores keys that only the CLI uses.
package runfile

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Shared holds the keys that the common section and an app may both set.
type Shared struct {
	ResourcesPaths         []string          `yaml:"resourcesPaths"`
	ConfigFilePath         string            `yaml:"configFilePath"`
	AppProtocol            string            `yaml:"appProtocol"`
	LogLevel               string            `yaml:"logLevel"`
	MaxBodySize            string            `yaml:"maxBodySize"`
	EnableAppHealthCheck   bool              `yaml:"enableAppHealthCheck"`
	AppHealthProbeInterval int               `yaml:"appHealthProbeInterval"` // seconds
	AppHealthProbeTimeout  int               `yaml:"appHealthProbeTimeout"`  // milliseconds
	AppHealthThreshold     int               `yaml:"appHealthThreshold"`     // failures in a row
	Env                    map[string]string `yaml:"env"`
}

// App is one program with its sidecar. An AppPort of 0 means that the program
// takes no calls.
type App struct {
	Shared               `yaml:",inline"`
	AppID                string   `yaml:"appID"`
	AppDirPath           string   `yaml:"appDirPath"`
	Command              []string `yaml:"command"`
	AppPort              int      `yaml:"appPort"`
	DaprHTTPPort         int      `yaml:"daprHTTPPort"`
	DaprGRPCPort         int      `yaml:"daprGRPCPort"`
	DaprInternalGRPCPort int      `yaml:"daprInternalGRPCPort"`
	MetricsPort          int      `yaml:"metricsPort"`
}

// File is a run file with absolute paths and the common section merged into the
// apps.
type File struct{ Apps []App }

// Read parses the run file at path. As with the CLI, paths in it are relative to
// its folder, and an app's value overrides the common one.
func Read(path string) (File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return File{}, err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return File{}, err
	}
	f, err := parse(text, folder)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func parse(text []byte, folder string) (f File, err error) {
	var source struct {
		Common Shared      `yaml:"common"`
		Apps   []yaml.Node `yaml:"apps"`
	}
	if err := yaml.Unmarshal(text, &source); err != nil {
		return f, err
	}
	for i, node := range source.Apps {
		app := App{Shared: source.Common}
		app.Env = maps.Clone(app.Env)
		app.ResourcesPaths = slices.Clone(app.ResourcesPaths)
		if err := node.Decode(&app); err != nil { // over the common values
			return f, err
		}
		if err := app.check(); err != nil {
			return f, fmt.Errorf("app %d: %w", i+1, err)
		}
		app.AppDirPath = absolute(folder, app.AppDirPath)
		app.ConfigFilePath = absolute(folder, app.ConfigFilePath)
		for n, resources := range app.ResourcesPaths {
			app.ResourcesPaths[n] = absolute(folder, resources)
		}
		f.Apps = append(f.Apps, app)
	}
	if len(f.Apps) == 0 {
		err = errors.New("no apps")
	}
	return f, err
}

func (a *App) check() error {
	switch {
	case a.AppID == "":
		return fmt.Errorf("appID is missing")
	case len(a.Command) == 0:
		return fmt.Errorf("%s: command is missing", a.AppID)
	case a.DaprHTTPPort == 0 || a.DaprGRPCPort == 0 || a.DaprInternalGRPCPort == 0 || a.MetricsPort == 0:
		return fmt.Errorf("%s: the sidecar needs all four ports", a.AppID)
	}
	return nil
}

// Program is the file in bin/ that the app runs.
func (a *App) Program() string { return filepath.Base(a.Command[0]) }

// Programs lists the files in bin/ that the apps run.
func (f *File) Programs() []string {
	var names []string
	for _, app := range f.Apps {
		names = append(names, app.Program())
	}
	return names
}

// Service reports whether other programs call this one.
func (a *App) Service() bool { return a.AppPort != 0 }

func absolute(folder, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}
