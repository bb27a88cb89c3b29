package stack_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// programs returns the specs of a stack by name, without starting it.
func programs(t *testing.T, replicas int) map[string]supervise.Spec {
	t.Helper()
	return programsIn(t, "local", replicas, "")
}

func programsIn(t *testing.T, environment string, replicas int, baseURL string) map[string]supervise.Spec {
	t.Helper()
	file, err := runfile.Read(filepath.Join(root, "dapr", "dapr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := ports.NewPlan(file, ports.Choice{Offset: 500, Replicas: replicas, S3: environment == "s3"})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := datadir.At(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	s, err := stack.New(stack.Options{
		Root: root, Dir: dir, Environment: environment, File: file, Plan: plan, Resolver: "mdns", BaseURL: baseURL, Console: console.Plain(&screen{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(s)
	byName := map[string]supervise.Spec{}
	for _, spec := range s.Programs() {
		if _, twice := byName[spec.Name]; twice {
			t.Errorf("two parts are called %s", spec.Name)
		}
		byName[spec.Name] = spec
	}
	return byName
}

func variable(spec supervise.Spec, name string) string {
	for _, entry := range spec.Env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func argument(spec supervise.Spec, name string) string {
	return spec.Args[slices.Index(spec.Args, name)+1]
}

// Two replicas are one app to the sidecars and two parts to the starter, each with
// its own sidecar. All gateways use the address of the proxy in links.
func TestReplicasArePartsOfTheirOwn(t *testing.T) {
	parts := programs(t, 2)
	if len(parts) != 29 {
		t.Errorf("%d parts, want 29", len(parts))
	}
	if got, want := parts["proxy"].Args, "--listen 127.0.0.1:8580 --gateway 127.0.0.1:21500 --gateway 127.0.0.1:21505"; strings.Join(got, " ") != want {
		t.Errorf("the proxy has %v, want %s", got, want)
	}
	first, second := parts["user-daprd"], parts["user-2-daprd"]
	if a, b := argument(first, "--app-id"), argument(second, "--app-id"); a != b || !strings.HasPrefix(a, "user-") {
		t.Errorf("app ids %q and %q", a, b)
	}
	for part, want := range map[string][2]string{
		"user-daprd": {"21513", "21510"}, "user-2-daprd": {"21518", "21515"},
	} {
		if got := [2]string{argument(parts[part], "--dapr-internal-grpc-port"), argument(parts[part], "--app-port")}; got != want {
			t.Errorf("%s has %v, want %v", part, got, want)
		}
	}
	if got := parts["user-2"]; variable(got, "APP_PORT") != "21515" || variable(got, "DAPR_GRPC_PORT") != "21517" || !slices.Contains(got.Needs, "user-2-daprd") {
		t.Errorf("user-2: %v needs %v", got.Env, got.Needs)
	}
	for part, addr := range map[string]string{"gateway": "127.0.0.1:21500", "gateway-2": "127.0.0.1:21505"} {
		got := parts[part]
		if variable(got, "GATEWAY_ADDR") != addr || variable(got, "PUBLIC_BASE_URL") != "http://127.0.0.1:8580" {
			t.Errorf("%s listens on %s and names %s", part, variable(got, "GATEWAY_ADDR"), variable(got, "PUBLIC_BASE_URL"))
		}
		if !slices.Contains(got.Needs, "user") || !slices.Contains(got.Needs, "user-2") || slices.Contains(got.Needs, "gateway") {
			t.Errorf("%s needs %v", part, got.Needs)
		}
	}
}

func TestOneReplicaHasThePublicAddress(t *testing.T) {
	parts := programs(t, 1)
	if got := parts["gateway"]; len(parts) != 14 || variable(got, "GATEWAY_ADDR") != "127.0.0.1:8580" || got.Port != 8580 {
		t.Errorf("%d parts, the gateway listens on %s", len(parts), variable(got, "GATEWAY_ADDR"))
	}
}

// Programs know the stack's S3 server, and no other.
func TestProgramsKnowTheS3Store(t *testing.T) {
	t.Setenv("S3_ENDPOINT", "http://somebody.else")
	t.Setenv("S3_BUCKET", "theirs")
	if got := programs(t, 1)["video"]; variable(got, "S3_ENDPOINT") != "" || variable(got, "S3_BUCKET") != "" {
		t.Errorf("without a store: %q, %q", variable(got, "S3_ENDPOINT"), variable(got, "S3_BUCKET"))
	}
	const here = "http://127.0.0.1:21580"
	for _, part := range []string{"gateway", "video", "media"} {
		got := programsIn(t, "s3", 1, "")[part]
		if variable(got, "S3_ENDPOINT") != here || variable(got, "S3_BUCKET") != "douyin" || variable(got, "S3_PUBLIC_URL") != here {
			t.Errorf("%s: %v", part, got.Env)
		}
	}
	if got := variable(programsIn(t, "s3", 1, "")["gateway"], "S3_SECRET"); got != "" {
		t.Error("the keys are in the environment")
	}
}

// A phone cannot open a loopback address.
func TestClientsAreSentToAStoreTheyCanReach(t *testing.T) {
	const here = "http://127.0.0.1:21580"
	sent := func(baseURL string) string {
		return variable(programsIn(t, "s3", 1, baseURL)["gateway"], "S3_PUBLIC_URL")
	}
	for baseURL, want := range map[string]string{
		"": here, "http://127.0.0.1:8080": here, "http://localhost:8080": here, "http://[::1]:8080": here,
		"http://192.168.1.5:8080": "", "https://douyin.example": "",
	} {
		if got := sent(baseURL); got != want {
			t.Errorf("clients of %q are sent to %q", baseURL, got)
		}
	}
	for _, given := range []string{"https://s3.example", ""} {
		t.Setenv("S3_PUBLIC_URL", given)
		for _, baseURL := range []string{"", "http://192.168.1.5:8080"} {
			if got := sent(baseURL); got != given {
				t.Errorf("clients of %q are sent to %q, not to %q", baseURL, got, given)
			}
		}
	}
}
