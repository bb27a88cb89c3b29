package main

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/config"
)

// load reads the configuration from nothing but the given variables.
func load(t *testing.T, vars map[string]string) (Config, error) {
	t.Helper()
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value) // restores it afterwards
		os.Unsetenv(name)
	}
	for name, value := range vars {
		t.Setenv(name, value)
	}
	var cfg Config
	err := config.Load(&cfg)
	return cfg, err
}

func TestDefaultsWork(t *testing.T) {
	cfg, err := load(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Addr != "127.0.0.1:8080" || cfg.PublicBaseURL != "http://127.0.0.1:8080" || cfg.MaxUploadBytes != 512<<20 || cfg.UploadsPerUser != 3 {
		t.Errorf("%+v", cfg)
	}
}

// A slash at the end of the base would double in every address.
func TestPublicBaseURLLosesItsSlash(t *testing.T) {
	cfg, err := load(t, map[string]string{"PUBLIC_BASE_URL": "https://phone.example/douyin/"})
	if err != nil || cfg.PublicBaseURL != "https://phone.example/douyin" {
		t.Errorf("%q, %v", cfg.PublicBaseURL, err)
	}
}

// What cannot work is named by its variable.
func TestUnusableValuesAreNamed(t *testing.T) {
	for name, values := range map[string][]string{
		"GATEWAY_ADDR":          {"8080", "localhost"},
		"PUBLIC_BASE_URL":       {"phone.example", "ftp://phone.example", "http://", "http://x/?a=b", "://"},
		"GATEWAY_LANGUAGE":      {"fr", "ZH"},
		"MAX_UPLOAD_BYTES":      {"0", "-1", "many"},
		"REQUEST_LOG":           {"some", "ALL"},
		"UPLOADS_AT_ONCE":       {"0"},
		"UPLOADS_PER_USER":      {"-3"},
		"UPLOAD_WAIT":           {"-1s", "long"},
		"UPLOAD_TEMP_DIR":       {"/nowhere/at/all", "config.go"},
		"MEDIA_CACHE_BYTES":     {"0"},
		"MEDIA_STREAMS":         {"0"},
		"GATEWAY_START_TIMEOUT": {"0s"},
		"S3_ENDPOINT":           {"store", "ftp://store"},
		"S3_PUBLIC_URL":         {"http://store.example"}, // and no store behind it
		"DAPR_GRPC_PORT":        {"0", "x"},
		"LOG_LEVEL":             {"loud"},
	} {
		for _, value := range values {
			t.Run(name+"="+strings.ReplaceAll(value, "/", "|"), func(t *testing.T) {
				if _, err := load(t, map[string]string{name: value}); err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

// Phones do not follow a redirect from https to http or back.
func TestSchemesThatDifferAreWarnedOf(t *testing.T) {
	for store, warned := range map[string]bool{"": false, "https://s3.example": false, "HTTPS://s3.example": false, "http://s3.example": true} {
		cfg, err := load(t, map[string]string{"PUBLIC_BASE_URL": "https://phone.example", "S3_ENDPOINT": "http://127.0.0.1:1", "S3_PUBLIC_URL": store})
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		cfg.warn(slog.New(slog.NewTextHandler(&log, nil)))
		if got := strings.Contains(log.String(), "S3_PUBLIC_URL"); got != warned {
			t.Errorf("%q: %s", store, log.String())
		}
	}
}
