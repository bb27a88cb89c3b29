package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
)

func TestDefaults(t *testing.T) {
	t.Setenv("APP_PORT", "21060")
	t.Setenv("TMPDIR", "/somewhere")
	var c Config
	if err := config.Load(&c); err != nil {
		t.Fatal(err)
	}
	o := c.options()
	if o.Workers != 2 || o.Poll != 3*time.Second || o.Folder != filepath.Join("/somewhere", "douyin-media-21060") {
		t.Errorf("options %+v", o)
	}
	l := o.Limits
	if l.MaxDuration != 30*time.Minute || l.MaxWork != 90*time.Minute || l.MaxBitrate != 16_000_000 || !slices.Equal(l.Heights, []int{720, 360}) {
		t.Errorf("limits %+v", l)
	}
	if p := c.programs(); p.Threads != 1 || p.Memory != 2<<30 || p.MaxOutput != 4<<30 || c.Sandbox != sandbox.Auto {
		t.Errorf("programs %+v, sandbox %s", p, c.Sandbox)
	}
}

func TestFaultsNameTheirVariable(t *testing.T) {
	for variable, values := range map[string][]string{
		"APP_PORT":               {"0"},
		"MEDIA_WORKERS":          {"0", "1000"},
		"MEDIA_POLL":             {"0s"},
		"MEDIA_SANDBOX":          {"perhaps"},
		"MEDIA_THREADS":          {"0"},
		"MEDIA_MEMORY_BYTES":     {"1024"},
		"MEDIA_MAX_OUTPUT_BYTES": {"1"},
		"MEDIA_MAX_DURATION":     {"0s", "2h"}, // more objects than can be reserved
		"MEDIA_JOB_TIMEOUT":      {"-1s", "59m"},
		"MEDIA_MAX_BITRATE":      {"1"},
		"MEDIA_HLS_HEIGHTS":      {"360,720", "721", "720,480,360,240,180", "many"},
	} {
		for _, value := range values {
			t.Run(variable+"="+value, func(t *testing.T) {
				t.Setenv("APP_PORT", "21060")
				t.Setenv(variable, value)
				var c Config
				err := config.Load(&c)
				if err == nil || !strings.Contains(err.Error(), variable) {
					t.Errorf("%s=%s: %v", variable, value, err)
				}
			})
		}
	}
}
