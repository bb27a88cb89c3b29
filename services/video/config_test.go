package main

import (
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func TestDefaults(t *testing.T) {
	t.Setenv("APP_PORT", "21020")
	var c Config
	if err := config.Load(&c); err != nil {
		t.Fatal(err)
	}
	want := video.Limits{
		MaxSize: 512 << 20, PartSize: 2 << 20, DirectPartSize: 8 << 20, Allowance: video.Allowance{OpenUploads: 10, Waiting: 50}, Expiry: 2 * time.Hour,
		JobLease: 30 * time.Second, JobTries: 5, Grace: 2 * time.Minute, FailedKept: 72 * time.Hour,
	}
	if c.limits() != want || c.SweepInterval != 15*time.Second {
		t.Errorf("limits %+v, sweep every %v; want %+v, 15s", c.limits(), c.SweepInterval, want)
	}
	if c.Address() != "127.0.0.1:21020" || c.Sidecar() != "127.0.0.1:50001" {
		t.Errorf("listens on %s, sidecar at %s", c.Address(), c.Sidecar())
	}
}

func TestFaultsNameTheirVariable(t *testing.T) {
	for variable, value := range map[string]string{
		"UPLOAD_DIRECT_PART_BYTES": "5242879", // S3 refuses smaller parts
		"VIDEO_JOB_LEASE":          "0s",
		"VIDEO_JOB_TRIES":          "0",
		"VIDEO_REMOVAL_GRACE":      "-1s",
		"VIDEO_FAILED_KEPT":        "0s",
		"APP_PORT":                 "0",
		"MAX_UPLOAD_BYTES":         "0",
		"UPLOAD_PART_BYTES":        "4194304", // no room for header and call
		"VIDEO_OPEN_UPLOADS":       "0",
		"DB_CONNECTIONS":           "-1",
		"VIDEO_UPLOAD_EXPIRY":      "0s",
		"VIDEO_SWEEP_INTERVAL":     "-1m",
		"START_TIMEOUT":            "0s",
		"LOG_LEVEL":                "loud",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv("APP_PORT", "21020")
			t.Setenv(variable, value)
			var c Config
			err := config.Load(&c)
			if err == nil || !strings.Contains(err.Error(), variable) {
				t.Errorf("%s=%s: %v", variable, value, err)
			}
		})
	}
}

func TestDirectPartsAreNotTooMany(t *testing.T) {
	t.Setenv("APP_PORT", "21020")
	t.Setenv("MAX_UPLOAD_BYTES", "83886080001") // a byte more than 10,000 parts of 8 MiB
	var c Config
	if err := config.Load(&c); err == nil || !strings.Contains(err.Error(), "UPLOAD_DIRECT_PART_BYTES") {
		t.Errorf("more than 10,000 parts: %v", err)
	}
	t.Setenv("UPLOAD_DIRECT_PART_BYTES", "16777216")
	if err := config.Load(&c); err != nil {
		t.Error(err)
	}
}
