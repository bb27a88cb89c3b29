package stack

import (
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
)

// otlpURL is the endpoint in the form of OpenTelemetry's own variable.
func (s *Stack) otlpURL() string {
	if s.options.OTLPAddr == "" {
		return ""
	}
	return "http://" + s.options.OTLPAddr
}

// objectStore is the programs' environment about the S3 server. S3_PUBLIC_URL is
// where clients are sent: the caller's value, or the server's address on this
// machine if the gateway's is on this machine too. Other clients could not open
// that link; they get all bytes from the gateway.
func (s *Stack) objectStore() map[string]string {
	if !s.hasS3.Load() {
		return nil
	}
	public := ""
	if onLoopback(s.options.BaseURL) {
		public = s.s3.Endpoint()
	}
	if given, ok := os.LookupEnv("S3_PUBLIC_URL"); ok {
		public = given
	}
	return map[string]string{
		"S3_ENDPOINT": s.s3.Endpoint(), "S3_BUCKET": infra.S3Bucket, "S3_REGION": infra.S3Region, "S3_PUBLIC_URL": public,
	}
}

// onLoopback reports whether only this machine can open the address.
func onLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// environment is the starter's own environment plus the given variables, without
// those that would override the run file in a sidecar or a program.
func environment(given map[string]string) []string {
	merged := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		foreign := slices.ContainsFunc([]string{"DAPR_", "APP_", "S3_"}, func(p string) bool { return strings.HasPrefix(name, p) })
		if !foreign && name != "NAMESPACE" {
			merged[name] = value
		}
	}
	maps.Copy(merged, given)
	list := make([]string, 0, len(merged))
	for _, name := range slices.Sorted(maps.Keys(merged)) {
		list = append(list, name+"="+merged[name])
	}
	return list
}

// publicURL is the gateway's address for a phone: one of the machine's own if
// the gateway listens on all of them.
func publicURL(plan ports.Plan) string {
	if ports.Local(plan.Gateway) == plan.Gateway {
		return plan.LocalURL()
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return plan.LocalURL()
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return "http://" + net.JoinHostPort(network.IP.String(), strconv.Itoa(plan.GatewayPort()))
		}
	}
	return plan.LocalURL()
}
