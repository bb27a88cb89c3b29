package config_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/config"
)

type program struct {
	config.Base
	Size   int           `env:"TEST_SIZE" envDefault:"7"`
	Patch  time.Duration `env:"TEST_PATCH" envDefault:"2s"`
	Nested nested        `envPrefix:"TEST_NESTED_"`
}

type nested struct {
	Depth int `env:"DEPTH" envDefault:"1"`
}

func (p program) Validate() error {
	if p.Size > 100 {
		return errors.New("TEST_SIZE: too much")
	}
	return p.Base.Validate()
}

func TestDefaults(t *testing.T) {
	for _, name := range []string{"APP_PORT", "LISTEN_HOST", "DAPR_GRPC_PORT", "DAPR_API_TOKEN", "APP_API_TOKEN",
		"DOUYIN_APP_ID_SUFFIX", "LOG_LEVEL", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		t.Setenv(name, "") // set but empty counts as not set
	}
	var got program
	if err := config.Load(&got); err != nil {
		t.Fatal(err)
	}
	want := program{
		Base:   config.Base{ListenHost: "127.0.0.1", DaprGRPCPort: 50001, LogLevel: "info"},
		Size:   7,
		Patch:  2 * time.Second,
		Nested: nested{Depth: 1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEnvironmentOverridesDefaults(t *testing.T) {
	for name, value := range map[string]string{
		"APP_PORT": "21010", "LISTEN_HOST": "0.0.0.0", "DAPR_GRPC_PORT": "21012", "DAPR_API_TOKEN": "a", "APP_API_TOKEN": "b",
		"DOUYIN_APP_ID_SUFFIX": "-1f3a9c", "LOG_LEVEL": "debug", "OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4317", "TEST_SIZE": "8",
	} {
		t.Setenv(name, value)
	}
	var got program
	if err := config.Load(&got); err != nil {
		t.Fatal(err)
	}
	want := config.Base{AppPort: 21010, ListenHost: "0.0.0.0", DaprGRPCPort: 21012, DaprAPIToken: "a", AppAPIToken: "b",
		AppIDSuffix: "-1f3a9c", LogLevel: "debug", OTLPEndpoint: "127.0.0.1:4317"}
	if got.Base != want || got.Size != 8 {
		t.Errorf("got  %+v\nwant %+v", got.Base, want)
	}
}

func TestFaultsNameTheVariable(t *testing.T) {
	for name, value := range map[string]string{
		"APP_PORT":             "http",
		"DAPR_GRPC_PORT":       "0",
		"LISTEN_HOST":          "nowhere:80",
		"DOUYIN_APP_ID_SUFFIX": "-A_b",
		"LOG_LEVEL":            "loud",
		"TEST_SIZE":            "101",
		"TEST_PATCH":           "2",
		"TEST_NESTED_DEPTH":    "deep",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			var got program
			err := config.Load(&got)
			if err == nil {
				t.Fatalf("%s=%s is accepted", name, value)
			}
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%q does not name %s", err, name)
			}
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Setenv("APP_PORT", "x")
	t.Setenv("TEST_SIZE", "y")
	var unreadable program
	if err := config.Load(&unreadable); err == nil || !strings.Contains(err.Error(), "APP_PORT") || !strings.Contains(err.Error(), "TEST_SIZE") {
		t.Errorf("unreadable: %v", err)
	}
	t.Setenv("APP_PORT", "70000")
	t.Setenv("TEST_SIZE", "1")
	t.Setenv("LOG_LEVEL", "loud")
	var invalid program
	if err := config.Load(&invalid); err == nil || !strings.Contains(err.Error(), "APP_PORT") || !strings.Contains(err.Error(), "LOG_LEVEL") {
		t.Errorf("invalid: %v", err)
	}
}

// A struct without its own Validate is checked by the embedded one.
func TestEmbeddedValidate(t *testing.T) {
	t.Setenv("LOG_LEVEL", "loud")
	var plain struct{ config.Base }
	if err := config.Load(&plain); err == nil {
		t.Error("Base was not validated")
	}
}
