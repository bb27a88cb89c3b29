package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// Config holds all settings but secrets: the signing keys come from the secret
// store.
type Config struct {
	config.Base
	S3              s3store.Config
	Addr            string        `env:"GATEWAY_ADDR" envDefault:"127.0.0.1:8080"`           // where clients connect
	PublicBaseURL   string        `env:"PUBLIC_BASE_URL" envDefault:"http://127.0.0.1:8080"` // how a phone reaches Addr; part of every play_url
	Language        string        `env:"GATEWAY_LANGUAGE" envDefault:"zh"`                   // of messages, for clients without Accept-Language: zh or en
	MaxUploadBytes  int64         `env:"MAX_UPLOAD_BYTES" envDefault:"536870912"`            // of one video
	LogRequests     string        `env:"REQUEST_LOG" envDefault:"all"`                       // which requests get a log line: all, errors or off
	RequestsAtOnce  int           `env:"REQUESTS_AT_ONCE" envDefault:"512"`                  // being served, uploads and media aside; more are refused
	UploadsAtOnce   int           `env:"UPLOADS_AT_ONCE" envDefault:"16"`                    // being written, each with up to two parts in memory
	UploadsPerUser  int           `env:"UPLOADS_PER_USER" envDefault:"3"`                    // of them, by one user
	UploadWait      time.Duration `env:"UPLOAD_WAIT" envDefault:"15s"`                       // for a slot, before an upload is refused
	UploadTempDir   string        `env:"UPLOAD_TEMP_DIR"`                                    // a disk, not memory; empty is the system's
	MediaCacheBytes int64         `env:"MEDIA_CACHE_BYTES" envDefault:"50331648"`            // hot parts of videos in memory
	MediaStreams    int           `env:"MEDIA_STREAMS" envDefault:"256"`                     // downloads at a time, each with one part in memory
	StartTimeout    time.Duration `env:"GATEWAY_START_TIMEOUT" envDefault:"1m"`              // for the sidecar to answer
}

// Validate reports every value that cannot work, each by its variable.
func (c *Config) Validate() error {
	faults := []error{c.Base.Validate(), c.S3.Validate()}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		faults = append(faults, fmt.Errorf("GATEWAY_ADDR: %q is not host:port", c.Addr))
	}
	c.PublicBaseURL = strings.TrimRight(c.PublicBaseURL, "/")
	base, err := url.Parse(c.PublicBaseURL)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		faults = append(faults, fmt.Errorf("PUBLIC_BASE_URL: %q is not an http address that a phone can open", c.PublicBaseURL))
	}
	if l := request.Language(c.Language); l != request.Chinese && l != request.English {
		faults = append(faults, fmt.Errorf("GATEWAY_LANGUAGE: %q is neither zh nor en", c.Language))
	}
	if !request.LogMode(c.LogRequests).Valid() {
		faults = append(faults, fmt.Errorf("REQUEST_LOG: %q is not all, errors or off", c.LogRequests))
	}
	if c.UploadTempDir != "" {
		if info, err := os.Stat(c.UploadTempDir); err != nil || !info.IsDir() {
			faults = append(faults, fmt.Errorf("UPLOAD_TEMP_DIR: %q is not a folder", c.UploadTempDir))
		}
	}
	for name, value := range map[string]int64{
		"MAX_UPLOAD_BYTES": c.MaxUploadBytes, "REQUESTS_AT_ONCE": int64(c.RequestsAtOnce), "UPLOADS_AT_ONCE": int64(c.UploadsAtOnce), "UPLOADS_PER_USER": int64(c.UploadsPerUser),
		"MEDIA_CACHE_BYTES": c.MediaCacheBytes, "MEDIA_STREAMS": int64(c.MediaStreams), "GATEWAY_START_TIMEOUT": int64(c.StartTimeout),
	} {
		if value <= 0 {
			faults = append(faults, fmt.Errorf("%s: %d is not above 0", name, value))
		}
	}
	if c.UploadWait < 0 {
		faults = append(faults, fmt.Errorf("UPLOAD_WAIT: %s is below 0", c.UploadWait))
	}
	return errors.Join(faults...)
}

// warn logs settings that are valid but probably a mistake.
func (c *Config) warn(log *slog.Logger) {
	public, _, _ := strings.Cut(c.PublicBaseURL, ":")
	store, _, _ := strings.Cut(c.S3.PublicURL, ":")
	if store != "" && !strings.EqualFold(store, public) {
		log.Warn("S3_PUBLIC_URL and PUBLIC_BASE_URL differ in their scheme: many players follow no redirect from one to the other",
			"s3", store, "public", public)
	}
}
