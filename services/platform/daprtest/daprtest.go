// Package daprtest starts real sidecars and a real Redis for tests. A test that needs a
// program the machine lacks is skipped; with REQUIRE_INFRA=1 it fails instead.
package daprtest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// startTimeout is generous: test machines are busy.
const startTimeout = 60 * time.Second

// Options describe a sidecar. Start chooses the ports.
type Options struct {
	AppID       string
	AppPort     int      // of the program's gRPC server on 127.0.0.1; 0: none
	HealthCheck bool     // check the program's health every second
	Components  []string // YAML; some functions of this package return components
	// Names is a file that sidecars share to find each other; empty: this one is
	// alone.
	Names       string
	APIToken    string // the program sends it to the sidecar
	AppAPIToken string // the sidecar sends it to the program
}

// Sidecar is a running daprd. It ends with the test.
type Sidecar struct {
	Address  string // of its gRPC API
	HTTPPort int
	process  *process
}

// Start runs a sidecar and waits until its API answers, which does not depend
// on the program.
func Start(t testing.TB, o Options) *Sidecar {
	t.Helper()
	return StartAt(t, o, FreePort(t))
}

// StartAt is Start with a given port of the gRPC API, for a sidecar that replaces
// another.
func StartAt(t testing.TB, o Options, grpcPort int) *Sidecar {
	t.Helper()
	binary := findBinary(t)
	resources := t.TempDir()
	for i, component := range o.Components {
		writeFile(t, filepath.Join(resources, fmt.Sprintf("component-%d.yaml", i)), component)
	}
	httpPort := FreePort(t)
	arguments := []string{
		"--app-id", o.AppID,
		"--dapr-grpc-port", strconv.Itoa(grpcPort),
		"--dapr-http-port", strconv.Itoa(httpPort),
		"--dapr-internal-grpc-port", strconv.Itoa(FreePort(t)),
		"--dapr-listen-addresses", "127.0.0.1",
		"--dapr-internal-grpc-listen-address", "127.0.0.1",
		"--enable-metrics=false",
		"--resources-path", resources,
		"--config", writeConfiguration(t, o.Names),
		"--log-level", "info",
	}
	if o.AppPort != 0 {
		arguments = append(arguments, "--app-port", strconv.Itoa(o.AppPort), "--app-protocol", "grpc")
	}
	if o.HealthCheck {
		arguments = append(arguments, "--enable-app-health-check", "--app-health-probe-interval", "1", "--app-health-threshold", "1")
	}
	environment := []string{"DAPR_HOST_IP=127.0.0.1", "DAPR_API_TOKEN=" + o.APIToken, "APP_API_TOKEN=" + o.AppAPIToken}
	s := &Sidecar{
		Address:  net.JoinHostPort("127.0.0.1", strconv.Itoa(grpcPort)),
		HTTPPort: httpPort,
		process:  start(t, environment, binary, arguments...),
	}
	s.process.waitUntil(t, s.answers)
	return s
}

// answers reports whether the components are set up.
func (s *Sidecar) answers() bool {
	client := http.Client{Timeout: time.Second}
	response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/v1.0/healthz/outbound", s.HTTPPort))
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusNoContent
}

// Kill ends the sidecar at once, like a crash.
func (s *Sidecar) Kill() { s.process.kill() }

// Terminate asks the sidecar to end, and does not wait for it.
func (s *Sidecar) Terminate() { s.process.signal(syscall.SIGTERM) }

// Suspend stops the sidecar where it is, until Resume.
func (s *Sidecar) Suspend() { s.process.signal(syscall.SIGSTOP) }

// Resume lets a suspended sidecar go on.
func (s *Sidecar) Resume() { s.process.signal(syscall.SIGCONT) }

// findBinary returns the path in DAPRD, or else bin/daprd of the checkout.
func findBinary(t testing.TB) string {
	t.Helper()
	if named := os.Getenv("DAPRD"); named != "" {
		return named
	}
	binary := inCheckout(t, "bin/daprd")
	if binary == "" {
		Missing(t, "bin/daprd of this checkout, or DAPRD")
	}
	return binary
}

// inCheckout returns the path of a file of the checkout, or "".
func inCheckout(t testing.TB, path string) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		candidate := filepath.Join(folder, filepath.FromSlash(path))
		if _, err := os.Stat(candidate); err == nil {
			return candidate
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return ""
		}
		folder = parent
	}
}

// findProgram returns the path of an installed program.
func findProgram(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name)
	}
	return path
}

// Missing skips the test because what is missing, or fails it with REQUIRE_INFRA=1.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("REQUIRE_INFRA") == "1" {
		t.Fatalf("this test needs %s", what)
	}
	t.Skipf("this test needs %s", what)
}
