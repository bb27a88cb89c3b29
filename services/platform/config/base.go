package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
)

// Base is the part of the environment that every program reads; its Config embeds
// it.
type Base struct {
	AppPort      int    `env:"APP_PORT"`                           // the program's gRPC port, which its sidecar calls; 0 for a program that is never called
	ListenHost   string `env:"LISTEN_HOST" envDefault:"127.0.0.1"` // of the gRPC port, which is only for the sidecar beside it
	DaprGRPCPort int    `env:"DAPR_GRPC_PORT" envDefault:"50001"`  // the sidecar's gRPC API, on 127.0.0.1
	DaprAPIToken string `env:"DAPR_API_TOKEN"`                     // sent to the sidecar; empty if it requires none
	AppAPIToken  string `env:"APP_API_TOKEN"`                      // required from the sidecar; empty requires none
	AppIDSuffix  string `env:"DOUYIN_APP_ID_SUFFIX"`               // appended to every app id, such as "-1f3a9c"
	LogLevel     string `env:"LOG_LEVEL" envDefault:"info"`        // debug, info, warn or error
	OTLPEndpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`        // a URL or host:port; empty exports nothing
}

// appIDSuffix is what daprd accepts inside an app id. An invalid suffix is found
// here rather than by a call that reaches no app.
var appIDSuffix = regexp.MustCompile(`^[a-z0-9-]{0,32}$`)

// Validate reports every invalid value by its variable. It does not require
// APP_PORT: a program that is called does that itself.
func (b Base) Validate() error {
	var faults []error
	if b.AppPort < 0 || b.AppPort > 65535 {
		faults = append(faults, fmt.Errorf("APP_PORT: %d is not a port", b.AppPort))
	}
	if b.DaprGRPCPort < 1 || b.DaprGRPCPort > 65535 {
		faults = append(faults, fmt.Errorf("DAPR_GRPC_PORT: %d is not a port", b.DaprGRPCPort))
	}
	if net.ParseIP(b.ListenHost) == nil && b.ListenHost != "localhost" {
		faults = append(faults, fmt.Errorf("LISTEN_HOST: %q is neither an IP address nor localhost", b.ListenHost))
	}
	if !appIDSuffix.MatchString(b.AppIDSuffix) {
		faults = append(faults, fmt.Errorf("DOUYIN_APP_ID_SUFFIX: %q may contain a-z, 0-9 and -, at most 32", b.AppIDSuffix))
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(b.LogLevel)); err != nil {
		faults = append(faults, fmt.Errorf("LOG_LEVEL: %q is not debug, info, warn or error", b.LogLevel))
	}
	return errors.Join(faults...)
}
