package doctor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/doctor"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

const gib = 1 << 30

// healthy is a machine without a fault and with a running stack.
func healthy() doctor.Patient {
	status := &control.Status{State: control.Ready, Resolver: "mdns"}
	for i, name := range []string{"redis", "mysql", "user-daprd", "user", "gateway"} { // all of the plan below
		status.Parts = append(status.Parts, supervise.Status{
			Name: name, State: supervise.Running, PID: 100 + i, Since: time.Now().Add(-time.Hour),
		})
	}
	return doctor.Patient{
		Data: ".run", MinFree: 2 * gib, Programs: []string{"daprd", "user"}, Resolver: "auto", Status: status,
		Plan: ports.Plan{Redis: 21090, MySQL: 21091, Gateway: "127.0.0.1:8080",
			Apps: []ports.App{{ID: "user", App: 21010, HTTP: 21011, GRPC: 21012, Internal: 21013, Metrics: 21014}}},
		Machine: doctor.Machine{
			Toolchain: func(context.Context) (string, error) { return "go1.26.8", nil },
			Missing:   func(context.Context) []install.Need { return nil },
			Built:     func(string) bool { return true },
			Writable:  func() error { return nil },
			FreeBytes: func() (int64, error) { return 70 * gib, nil },
			PortFree:  func(context.Context, int) bool { return true },
			Holder:    func(int) ports.Holder { return ports.Holder{} },
			Multicast: func(context.Context) error { return nil },
			LastLines: func(string) []string { return []string{"panic: no such table"} },
		},
	}
}

func part(p doctor.Patient, name string) *supervise.Status {
	for i := range p.Status.Parts {
		if p.Status.Parts[i].Name == name {
			return &p.Status.Parts[i]
		}
	}
	return nil
}

func TestHealthyHasNoFaults(t *testing.T) {
	running := healthy()
	// A running part listens on its port, whether its process is visible or not.
	running.Machine.PortFree = func(context.Context, int) bool { return false }
	stopped := healthy()
	stopped.Status = nil
	stopped.Machine.Built = func(string) bool { return false } // before the first start
	for name, p := range map[string]doctor.Patient{"running": running, "not running": stopped} {
		for _, f := range doctor.Examine(t.Context(), p) {
			if f.Level == doctor.Fault {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// Every fault is the only one, has its name and a cure.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		damage     func(p *doctor.Patient)
		what       string
		text, cure string
	}{
		"no go": {func(p *doctor.Patient) {
			p.Machine.Toolchain = func(context.Context) (string, error) { return "", errors.New("not found") }
		}, "go", "not found", "go.dev/dl"},
		"redis not installed": {func(p *doctor.Patient) {
			p.Machine.Missing = func(context.Context) []install.Need {
				return []install.Need{{Name: "Redis", Packages: []string{"redis-server"}}}
			}
		}, "installed", "Redis", "apt-get install -y --no-install-recommends redis-server"},
		"a program was deleted": {func(p *doctor.Patient) {
			p.Machine.Built = func(program string) bool { return program != "daprd" }
		}, "built", "bin/daprd", "make build"},
		"data folder": {func(p *doctor.Patient) {
			p.Machine.Writable = func() error { return errors.New("permission denied") }
		}, "data folder", "permission denied", "--data"},
		"disk is short": {func(p *doctor.Patient) {
			p.Machine.FreeBytes = func() (int64, error) { return gib / 2, nil }
		}, "disk", "0.5 GiB free", "go clean -cache"},
		"port taken before the start": {func(p *doctor.Patient) {
			p.Status = nil
			taken(p, 21090)
		}, "ports", "port 21090 (redis) is taken by pid 4711 (nc)", "kill 4711"},
		"port of a part that is down": {func(p *doctor.Patient) {
			*part(*p, "user") = supervise.Status{Name: "user", State: supervise.Running, PID: 0, Since: time.Now().Add(-time.Hour)}
			taken(p, 21010)
		}, "ports", "port 21010 (user) is taken", "--port-offset 100"},
		"mDNS blocked": {func(p *doctor.Patient) {
			p.Machine.Multicast = func(context.Context) error { return errors.New("no interface") }
		}, "multicast", "no interface", "--resolver sqlite"},
		"redis stopped": {func(p *doctor.Patient) {
			part(*p, "redis").State = supervise.Stopped
		}, "redis", "stopped on request", "bin/douyin start redis"},
		"the S3 server is down": {func(p *doctor.Patient) {
			p.Status.Parts = append(p.Status.Parts, supervise.Status{Name: "s3", State: supervise.Stopped, Since: time.Now()})
		}, "s3", "no video can be stored", "bin/douyin start s3"},
		"redis hangs": {func(p *doctor.Patient) {
			p.Wrong = map[string]string{"redis": "i/o timeout"}
		}, "redis", "is not well: i/o timeout", "bin/douyin restart redis"},
		"service is down": {func(p *doctor.Patient) {
			part(*p, "user").State = supervise.Crashed
			part(*p, "user").LastExit = "ended: exit status 1"
		}, "user", "panic: no such table", "bin/douyin logs user"},
		"crash loop caught while it runs": {func(p *doctor.Patient) {
			part(*p, "user-daprd").Restarts = 9
			part(*p, "user-daprd").Since = time.Now().Add(-2 * time.Second)
		}, "user-daprd", "keeps ending (9 restarts", "bin/douyin logs user-daprd"},
		"does not get ready": {func(p *doctor.Patient) {
			part(*p, "gateway").State = supervise.Starting
			part(*p, "gateway").Since = time.Now().Add(-time.Minute)
		}, "gateway", "not ready after 1m0s", "bin/douyin logs gateway"},
		"waits": {func(p *doctor.Patient) {
			part(*p, "gateway").State = supervise.Waiting
		}, "gateway", "waits for another part", "others"},
	} {
		t.Run(name, func(t *testing.T) {
			p := healthy()
			c.damage(&p)
			findings := doctor.Examine(t.Context(), p)
			if n := doctor.Faults(findings); n != 1 {
				t.Errorf("%d faults, want 1", n)
			}
			for _, f := range findings {
				if f.Level != doctor.Fault {
					continue
				}
				if f.What != c.what || !strings.Contains(f.Text, c.text) || !strings.Contains(f.Cure, c.cure) {
					t.Errorf("%+v, want %q with %q and the cure %q", f, c.what, c.text, c.cure)
				}
			}
		})
	}
}

// With two replicas a part that is down is a fault with a smaller effect.
func TestReplicas(t *testing.T) {
	p := healthy()
	p.Status.Replicas, p.Status.PID = 2, 99
	p.Plan.Replicas, p.Plan.Apps[0].Replica = 2, 1
	second := ports.App{ID: "user", Replica: 2, App: 21015, HTTP: 21016, GRPC: 21017, Internal: 21018, Metrics: 21019}
	gateway := ports.App{ID: "gateway", Replica: 1, Direct: 21000, HTTP: 21001, GRPC: 21002, Internal: 21003, Metrics: 21004}
	p.Plan.Apps = append(p.Plan.Apps, second, gateway)
	for _, name := range []string{"user-2", "user-2-daprd", "gateway-daprd", "proxy"} {
		p.Status.Parts = append(p.Status.Parts, supervise.Status{Name: name, State: supervise.Running, PID: 200, Since: time.Now().Add(-time.Hour)})
	}
	p.Machine.PortFree = func(context.Context, int) bool { return false }
	for _, f := range doctor.Examine(t.Context(), p) {
		if f.Level == doctor.Fault {
			t.Errorf("%+v", f)
		}
	}
	part(p, "user-2").State = supervise.Stopped
	if text := faultOf(t, p); !strings.Contains(text, "the other replica serves all requests") {
		t.Errorf("user-2 is down: %s", text)
	}
	part(p, "user").State = supervise.Stopped
	if text := faultOf(t, p); !strings.Contains(text, "cannot be served") {
		t.Errorf("both are down: %s", text)
	}
}

// faultOf is the text of the fault of user.
func faultOf(t *testing.T, p doctor.Patient) string {
	t.Helper()
	for _, f := range doctor.Examine(t.Context(), p) {
		if f.Level == doctor.Fault && strings.HasPrefix(f.What, "user") {
			return f.Text
		}
	}
	t.Fatal("no fault")
	return ""
}

// taken makes another process listen on a port.
func taken(p *doctor.Patient, port int) {
	p.Machine.PortFree = func(_ context.Context, asked int) bool { return asked != port }
	p.Machine.Holder = func(int) ports.Holder { return ports.Holder{PID: 4711, Command: "nc"} }
}

// A stack that does not use mDNS gets only a note.
func TestMulticastMattersOnlyToMDNS(t *testing.T) {
	p := healthy()
	p.Status.Resolver = "sqlite"
	p.Machine.Multicast = func(context.Context) error { return errors.New("no interface") }
	if n := doctor.Faults(doctor.Examine(t.Context(), p)); n != 0 {
		t.Errorf("%d faults", n)
	}
}
