// Package ports decides which TCP ports a stack listens on, finds sets that
// nobody else uses, and names the process that holds a port.
package ports

import (
	"fmt"
	"net"
	"strconv"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
)

// Ports of the infrastructure before the offset is added. The components of the
// local environment carry the same numbers, for `dapr run -f`.
const (
	RedisBase = 21090
	MySQLBase = 21091
)

// Ceiling is where Linux begins to hand out ports to outgoing connections. A
// listener above it can find its port taken by such a connection, and a probe
// can even connect to itself.
const Ceiling = 32768

// Step is the distance between the offsets of two stacks.
const Step = 100

// gatewayDefault is where the gateway listens when nothing else is said.
const gatewayDefault = "127.0.0.1:8080"

// App holds the ports of one program and its sidecar.
type App struct {
	ID       string
	App      int // 0: the program takes no calls
	HTTP     int
	GRPC     int
	Internal int
	Metrics  int
}

// Plan is the complete set of ports of one stack.
type Plan struct {
	Offset  int
	Redis   int
	MySQL   int
	Gateway string // host:port of the public listener
	Apps    []App
}

// Port is one listener with the name of the part that opens it.
type Port struct {
	Part   string
	Number int
}

// Addr is the loopback address of the listener.
func (p Port) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Number)) }

// NewPlan adds the offset to every port of the run file. An empty gateway
// address means the run file's GATEWAY_ADDR, moved by the offset as well.
func NewPlan(file runfile.File, offset int, gateway string) (Plan, error) {
	p := Plan{Offset: offset, Redis: RedisBase + offset, MySQL: MySQLBase + offset, Gateway: gateway}
	base := gatewayDefault
	for _, app := range file.Apps {
		ports := App{
			ID:       app.AppID,
			HTTP:     app.DaprHTTPPort + offset,
			GRPC:     app.DaprGRPCPort + offset,
			Internal: app.DaprInternalGRPCPort + offset,
			Metrics:  app.MetricsPort + offset,
		}
		if app.Service() {
			ports.App = app.AppPort + offset
		}
		if addr := app.Env["GATEWAY_ADDR"]; addr != "" {
			base = addr
		}
		p.Apps = append(p.Apps, ports)
	}
	if p.Gateway == "" {
		host, port, err := splitAddr(base)
		if err != nil {
			return Plan{}, err
		}
		p.Gateway = net.JoinHostPort(host, strconv.Itoa(port+offset))
	}
	return p, p.check()
}

func (p Plan) check() error {
	if _, _, err := splitAddr(p.Gateway); err != nil {
		return err
	}
	seen := map[int]string{}
	for _, port := range p.All() {
		if port.Number <= 0 || port.Number > 65535 {
			return fmt.Errorf("port %d of %s is out of range: choose another --port-offset", port.Number, port.Part)
		}
		if other, taken := seen[port.Number]; taken {
			return fmt.Errorf("%s and %s would both listen on port %d", other, port.Part, port.Number)
		}
		seen[port.Number] = port.Part
	}
	return nil
}

// Infra lists the listeners of MySQL and Redis.
func (p Plan) Infra() []Port {
	return []Port{{"redis", p.Redis}, {"mysql", p.MySQL}}
}

// All lists every listener of the stack.
func (p Plan) All() []Port {
	all := p.Infra()
	all = append(all, Port{"gateway", p.GatewayPort()})
	for _, app := range p.Apps {
		sidecar := app.ID + "-daprd"
		if app.App != 0 {
			all = append(all, Port{app.ID, app.App})
		}
		all = append(all, Port{sidecar, app.HTTP}, Port{sidecar, app.GRPC},
			Port{sidecar, app.Internal}, Port{sidecar, app.Metrics})
	}
	return all
}

// GatewayPort is the port of the public listener.
func (p Plan) GatewayPort() int {
	_, port, err := splitAddr(p.Gateway)
	if err != nil {
		return 0
	}
	return port
}

// LocalURL is how this machine reaches the gateway.
func (p Plan) LocalURL() string {
	host, _, err := splitAddr(p.Gateway)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(p.GatewayPort()))
}

// splitAddr takes host:port apart; an empty host means all addresses.
func splitAddr(addr string) (string, int, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("gateway address %q: %w", addr, err)
	}
	port, err := strconv.Atoi(text)
	if err != nil || port <= 0 || port > 65535 {
		return "", 0, fmt.Errorf("gateway address %q: bad port", addr)
	}
	return host, port, nil
}
