package main

import (
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/config"
)

func TestConfigDefaults(t *testing.T) {
	t.Setenv("APP_PORT", "21010")
	var c Config
	if err := config.Load(&c); err != nil {
		t.Fatal(err)
	}
	if c.HashConcurrent != 2 || c.HashQueue != 128 || c.HashWait != 2*time.Second || c.DBConnections != 32 {
		t.Errorf("defaults %+v", c)
	}
	if c.Address() != "127.0.0.1:21010" || c.Sidecar() != "127.0.0.1:50001" {
		t.Errorf("listens on %s, sidecar at %s", c.Address(), c.Sidecar())
	}
	if h := c.hashing(); h.Params.MemoryKiB != 19*1024 || h.Params.Passes != 2 || h.Params.Lanes != 1 {
		t.Errorf("hashing %+v", h)
	}
}

func TestConfigNamesTheInvalidVariable(t *testing.T) {
	tests := map[string]string{
		"APP_PORT": "0", "DB_CONNECTIONS": "1", "USER_HASH_CONCURRENT": "0",
		"USER_HASH_QUEUE": "-1", "USER_HASH_WAIT": "0s", "START_TIMEOUT": "soon", "LOG_LEVEL": "loud",
	}
	for variable, value := range tests {
		t.Run(variable, func(t *testing.T) {
			t.Setenv("APP_PORT", "21010")
			t.Setenv(variable, value)
			var c Config
			if err := config.Load(&c); err == nil || !strings.Contains(err.Error(), variable) {
				t.Errorf("%s=%s: %v", variable, value, err)
			}
		})
	}
}
