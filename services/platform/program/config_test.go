package program_test

import (
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
)

func TestConfigDefaults(t *testing.T) {
	t.Setenv("APP_PORT", "21010")
	var c program.Config
	if err := config.Load(&c); err != nil {
		t.Fatal(err)
	}
	if c.DBConnections != 32 || c.StartTimeout != time.Minute {
		t.Errorf("defaults %+v", c)
	}
	if c.Address() != "127.0.0.1:21010" || c.Sidecar() != "127.0.0.1:50001" {
		t.Errorf("listens on %s, sidecar at %s", c.Address(), c.Sidecar())
	}
}

func TestInvalidConfigNamesTheVariable(t *testing.T) {
	for variable, value := range map[string]string{"APP_PORT": "0", "DB_CONNECTIONS": "1", "START_TIMEOUT": "0s", "LOG_LEVEL": "loud"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv("APP_PORT", "21010")
			t.Setenv(variable, value)
			var c program.Config
			if err := config.Load(&c); err == nil || !strings.Contains(err.Error(), variable) {
				t.Errorf("%s=%s: %v", variable, value, err)
			}
		})
	}
}
