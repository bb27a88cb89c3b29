package stack

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/multicast"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/probe"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/render"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

const loopback = "127.0.0.1"

// render writes this stack's copies of the Dapr resources.
func (s *Stack) render(ctx context.Context) error {
	dir := s.options.Dir
	resolver := s.options.Resolver
	if resolver == "auto" {
		resolver = "mdns"
		if err := multicast.Probe(ctx); err != nil {
			resolver = "sqlite"
			s.options.Console.Printf("mDNS does not work here, so sidecars find each other through sqlite: %v", err)
		}
	}
	s.mu.Lock()
	s.resolver = resolver
	s.mu.Unlock()
	values := render.Values{
		Suffix:      s.credentials.Suffix,
		RedisAddr:   local(s.options.Plan.Redis),
		ObjectsPath: dir.Objects,
		S3:          render.S3{Endpoint: s.s3.Endpoint(), Bucket: infra.S3Bucket, Region: infra.S3Region},
		SecretsFile: dir.Secrets,
		Resolver:    render.Resolver{Component: resolver, Path: dir.Names},
		OTLPAddr:    s.options.OTLPAddr,
		Metrics:     s.options.Metrics,
	}
	if err := os.RemoveAll(dir.Resources); err != nil {
		return err
	}
	for _, app := range s.options.File.Apps {
		for _, folder := range s.resourceFolders(app) {
			if err := render.Folder(folder, s.rendered(folder), values); err != nil {
				return err
			}
		}
		if err := render.File(app.ConfigFilePath, s.rendered(app.ConfigFilePath), values); err != nil {
			return err
		}
	}
	return nil
}

// resourceFolders are the app's folders, with the run file's environment
// replaced by this stack's.
func (s *Stack) resourceFolders(app runfile.App) []string {
	environments := filepath.Join(s.options.Root, "components")
	folders := slices.Clone(app.ResourcesPaths)
	for i, folder := range folders {
		if filepath.Dir(folder) == environments {
			folders[i] = filepath.Join(environments, s.options.Environment)
		}
	}
	return folders
}

// rendered is the path of the copy of a file or folder.
func (s *Stack) rendered(source string) string {
	return filepath.Join(s.options.Dir.Resources, filepath.Base(source))
}

// programs describes the sidecars, the programs and the proxy.
func (s *Stack) programs() []supervise.Spec {
	s.mu.Lock()
	resolver := s.resolver
	s.mu.Unlock()
	apps := map[string]runfile.App{}
	for _, app := range s.options.File.Apps {
		apps[app.AppID] = app
	}
	var specs []supervise.Spec
	for i, placed := range s.options.Plan.Apps {
		sidecar := s.sidecar(apps[placed.ID], placed)
		if i > 0 && resolver == "sqlite" {
			// The first sidecar creates the database. If two create it at once, one of
			// them runs on without a resolver.
			sidecar.Needs = append(sidecar.Needs, s.options.Plan.Apps[0].SidecarPart())
		}
		specs = append(specs, sidecar, s.program(apps[placed.ID], placed))
	}
	if direct := s.options.Plan.Direct(); len(direct) > 0 {
		specs = append(specs, s.proxy(direct))
	}
	return specs
}

// proxy listens at the public address, in front of several gateways. It stops
// after them: until then clients get a clear answer.
func (s *Stack) proxy(direct []string) supervise.Spec {
	args := []string{"--listen", s.options.Plan.Gateway}
	for _, addr := range direct {
		args = append(args, "--gateway", addr)
	}
	return supervise.Spec{
		Name:  ports.Proxy,
		Path:  filepath.Join(s.options.Root, "bin", ports.Proxy),
		Args:  args,
		Env:   environment(nil),
		Dir:   s.options.Root,
		Port:  s.options.Plan.GatewayPort(),
		Ready: func(ctx context.Context) error { return probe.TCP(ctx, local(s.options.Plan.GatewayPort())) },
		Layer: infra.LayerInfra,
		Grace: 5 * time.Second,
	}
}

// sidecarGrace is below daprd's own limit of 5 s for in-flight work: a stack
// stops layer by layer, so no work is in flight.
const sidecarGrace = 4 * time.Second

func (s *Stack) sidecar(app runfile.App, p ports.App) supervise.Spec {
	args := []string{
		"--app-id", app.AppID + s.credentials.Suffix,
		"--dapr-http-port", strconv.Itoa(p.HTTP),
		"--dapr-grpc-port", strconv.Itoa(p.GRPC),
		"--dapr-internal-grpc-port", strconv.Itoa(p.Internal),
		"--metrics-port", strconv.Itoa(p.Metrics),
		"--dapr-listen-addresses", loopback,
		"--dapr-internal-grpc-listen-address", loopback,
		"--metrics-listen-address", loopback,
		"--config", s.rendered(app.ConfigFilePath),
		"--log-level", app.LogLevel,
		"--dapr-graceful-shutdown-seconds", "2",
	}
	for _, folder := range s.resourceFolders(app) {
		args = append(args, "--resources-path", s.rendered(folder))
	}
	if app.MaxBodySize != "" {
		args = append(args, "--max-body-size", app.MaxBodySize)
	}
	if app.Service() {
		args = append(args, "--app-port", strconv.Itoa(p.App), "--app-protocol", app.AppProtocol)
	}
	if app.EnableAppHealthCheck {
		args = append(args, "--enable-app-health-check",
			"--app-health-probe-interval", strconv.Itoa(app.AppHealthProbeInterval),
			"--app-health-probe-timeout", strconv.Itoa(app.AppHealthProbeTimeout),
			"--app-health-threshold", strconv.Itoa(app.AppHealthThreshold))
	}
	return supervise.Spec{
		Name: p.SidecarPart(),
		Path: filepath.Join(s.options.Root, "bin", "daprd"),
		Args: args,
		Env: environment(map[string]string{
			"DAPR_HOST_IP":   loopback,
			"DAPR_API_TOKEN": s.credentials.DaprToken,
			"APP_API_TOKEN":  s.credentials.AppToken,
			// Rare collections save CPU; the limit makes them frequent while a large
			// body passes through.
			"GOGC":       "400",
			"GOMEMLIMIT": "110MiB",
		}),
		Dir:   s.options.Root,
		Port:  p.HTTP,
		Needs: []string{"redis"},
		Ready: s.sidecarReady(p),
		Layer: infra.LayerSidecars,
		Grace: sidecarGrace,
	}
}

func (s *Stack) program(app runfile.App, p ports.App) supervise.Spec {
	env := map[string]string{
		"DAPR_HTTP_PORT":              strconv.Itoa(p.HTTP),
		"DAPR_GRPC_PORT":              strconv.Itoa(p.GRPC),
		"DAPR_API_TOKEN":              s.credentials.DaprToken,
		"APP_API_TOKEN":               s.credentials.AppToken,
		"DOUYIN_APP_ID_SUFFIX":        s.credentials.Suffix,
		"OTEL_EXPORTER_OTLP_ENDPOINT": s.otlpURL(),
	}
	maps.Copy(env, s.objectStore())
	for name, value := range app.Env {
		// The caller's environment overrides the run file.
		if _, given := os.LookupEnv(name); !given {
			env[name] = value
		}
	}
	spec := supervise.Spec{
		Name:  p.Part(),
		Path:  filepath.Join(s.options.Root, "bin", app.Program()),
		Args:  app.Command[1:],
		Dir:   app.AppDirPath,
		Needs: []string{p.SidecarPart()},
		Grace: 12 * time.Second,
	}
	if app.Service() {
		env["APP_PORT"] = strconv.Itoa(p.App)
		spec.Port = p.App
		spec.Needs = append(spec.Needs, "mysql")
		spec.Layer = infra.LayerServices
		spec.Ready = s.programReady(p)
	} else {
		// Its readiness calls all services. A sidecar that looks for a service too
		// early remembers for seconds that it is missing.
		for _, other := range s.options.Plan.Apps {
			if other.App != 0 {
				spec.Needs = append(spec.Needs, other.Part())
			}
		}
		env["GATEWAY_ADDR"] = s.options.Plan.Gateway
		env["PUBLIC_BASE_URL"] = s.options.BaseURL
		url := s.options.Plan.LocalURL() + "/readyz"
		spec.Port = s.options.Plan.GatewayPort()
		if p.Direct != 0 { // the proxy has the public address
			addr := local(p.Direct)
			env["GATEWAY_ADDR"], spec.Port, url = addr, p.Direct, "http://"+addr+"/readyz"
		}
		spec.Layer = infra.LayerGateway
		spec.Ready = func(ctx context.Context) error { return probe.HTTP(ctx, url, "") }
	}
	spec.Env = environment(env)
	return spec
}
