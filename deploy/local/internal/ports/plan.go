// Package ports chooses the TCP ports of a stack, finds free sets of ports, and
// names the process that listens on a port.
package ports

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
)

// Ports of the infrastructure, without the offset. The components of the
// environment local contain the same numbers, for `dapr run -f`.
const (
	S3Base    = 21080
	RedisBase = 21090
	MySQLBase = 21091
)

// Ceiling is the first port that Linux assigns to outgoing connections. Such a
// connection can take the port of a listener above it, and a probe can even
// connect to itself.
const Ceiling = 32768

// Step is the distance between the offsets of two stacks.
const Step = 100

// gatewayDefault is the gateway's address if the run file names none.
const gatewayDefault = "127.0.0.1:8080"

// MaxReplicas is the highest number of replicas: an app has ten ports in the run
// file, and a replica needs five.
const MaxReplicas = 2

// replicaStep is the distance between the same ports of two replicas.
const replicaStep = 5

// Proxy is the part that listens in front of several gateways.
const Proxy = "proxy"

// App holds the ports of one replica of a program and of its sidecar.
type App struct {
	ID       string
	Replica  int // 1 or 2
	App      int // 0: the program takes no calls
	Direct   int // a gateway's port behind the proxy; 0: it listens at the public address
	HTTP     int
	GRPC     int
	Internal int
	Metrics  int
}

// Part is the name of the replica's program: user, user-2.
func (a App) Part() string {
	if a.Replica <= 1 {
		return a.ID
	}
	return a.ID + "-" + strconv.Itoa(a.Replica)
}

// SidecarPart is the name of the replica's sidecar: user-daprd, user-2-daprd.
func (a App) SidecarPart() string { return a.Part() + "-daprd" }

// Plan is the complete set of ports of one stack.
type Plan struct {
	Offset   int
	Replicas int // of every app
	Redis    int
	MySQL    int
	S3       string // host:port that the S3 server listens on; empty: the stack has none
	Gateway  string // host:port of the public listener
	Apps     []App  // the replicas of an app are adjacent
}

// Port is a listener with the name of its part.
type Port struct {
	Part   string
	Number int
}

// Addr is the loopback address of the listener.
func (p Port) Addr() string { return loopback(p.Number) }

// Choice holds the choices of a plan; the rest is in the run file.
type Choice struct {
	Offset   int
	Replicas int // 0 means 1
	S3       bool
	// S3Addr is host:port of the S3 server; empty means loopback.
	S3Addr string
	// Gateway is host:port of the public listener; empty means the run file's
	// GATEWAY_ADDR, plus the offset.
	Gateway string
}

// NewPlan adds the offset to every port of the run file, and assigns the ports of
// the replicas.
func NewPlan(file runfile.File, c Choice) (Plan, error) {
	p := Plan{Offset: c.Offset, Replicas: max(c.Replicas, 1), Redis: RedisBase + c.Offset, MySQL: MySQLBase + c.Offset, Gateway: c.Gateway}
	if p.Replicas > MaxReplicas {
		return Plan{}, fmt.Errorf("%d replicas: the maximum is %d", p.Replicas, MaxReplicas)
	}
	for _, app := range file.Apps {
		for replica := range p.Replicas {
			p.Apps = append(p.Apps, p.app(app, replica))
		}
		if p.Gateway == "" && app.Env["GATEWAY_ADDR"] != "" {
			p.Gateway = moved(app.Env["GATEWAY_ADDR"], c.Offset)
		}
	}
	p.Gateway = cmp.Or(p.Gateway, moved(gatewayDefault, c.Offset))
	if c.S3 {
		p.S3 = cmp.Or(c.S3Addr, loopback(S3Base+c.Offset))
		if strings.HasPrefix(p.S3, ":") { // the server wants a host
			p.S3 = "0.0.0.0" + p.S3
		}
	}
	return p, p.check()
}

// app assigns the ports of one replica, counted from 0.
func (p Plan) app(app runfile.App, replica int) App {
	move := p.Offset + replica*replicaStep
	placed := App{
		ID:       app.AppID,
		Replica:  replica + 1,
		HTTP:     app.DaprHTTPPort + move,
		GRPC:     app.DaprGRPCPort + move,
		Internal: app.DaprInternalGRPCPort + move,
		Metrics:  app.MetricsPort + move,
	}
	switch {
	case app.Service():
		placed.App = app.AppPort + move
	case p.Replicas > 1:
		// An app's first port is the program's own. The gateway takes no calls through
		// its sidecar, so its port is free for the proxy's requests.
		placed.Direct = app.DaprHTTPPort - 1 + move
	}
	return placed
}

func (p Plan) check() error {
	for _, addr := range []string{p.Gateway, cmp.Or(p.S3, p.Gateway)} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return err
		}
	}
	seen := map[int]string{}
	for _, port := range p.All() {
		if port.Number <= 0 || port.Number > 65535 {
			return fmt.Errorf("port %d of %s is out of range", port.Number, port.Part)
		}
		if other, taken := seen[port.Number]; taken {
			return fmt.Errorf("%s and %s would both listen on port %d", other, port.Part, port.Number)
		}
		seen[port.Number] = port.Part
	}
	return nil
}

// Infra lists the listeners of MySQL and Redis, and of an S3 server.
func (p Plan) Infra() []Port {
	list := []Port{{"redis", p.Redis}, {"mysql", p.MySQL}}
	if p.S3 != "" {
		list = append(list, Port{"s3", Number(p.S3)})
	}
	return list
}

// All lists every listener of the stack.
func (p Plan) All() []Port {
	all := p.Infra()
	public := Port{"gateway", p.GatewayPort()}
	if len(p.Direct()) > 0 {
		public.Part = Proxy
	}
	all = append(all, public)
	for _, app := range p.Apps {
		sidecar := app.SidecarPart()
		if own := app.App + app.Direct; own != 0 { // at most one of them is set
			all = append(all, Port{app.Part(), own})
		}
		all = append(all, Port{sidecar, app.HTTP}, Port{sidecar, app.GRPC},
			Port{sidecar, app.Internal}, Port{sidecar, app.Metrics})
	}
	return all
}

// Direct lists host:port of the gateways behind the proxy. It is empty for a
// single gateway, which listens at the public address itself.
func (p Plan) Direct() []string {
	var all []string
	for _, app := range p.Apps {
		if app.Direct != 0 {
			all = append(all, loopback(app.Direct))
		}
	}
	return all
}

// GatewayURLs lists the URL of each gateway on this machine, without the proxy.
func (p Plan) GatewayURLs() []string {
	direct := p.Direct()
	if len(direct) == 0 {
		return []string{p.LocalURL()}
	}
	for i, addr := range direct {
		direct[i] = "http://" + addr
	}
	return direct
}

// GatewayPort is the port of the public listener.
func (p Plan) GatewayPort() int { return Number(p.Gateway) }

// LocalURL is the URL of the public listener on this machine.
func (p Plan) LocalURL() string { return "http://" + Local(p.Gateway) }

// Local is the address at which this machine reaches a listener on host:port.
func Local(addr string) string {
	host, _, _ := net.SplitHostPort(addr) // a plan holds no other addresses
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return loopback(Number(addr))
	}
	return addr
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Number is the port of host:port, 0 if it has none.
func Number(addr string) int {
	_, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	return n
}

// moved adds an offset to the port of host:port.
func moved(addr string, offset int) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr // refused by check
	}
	return net.JoinHostPort(host, strconv.Itoa(Number(addr)+offset))
}
