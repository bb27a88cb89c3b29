// Package apitest runs a whole gateway on fakes, for tests of the packages that
// serve the client API.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/fake"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpserver"
	"github.com/douyin-on-dapr/douyin/gateway/internal/media"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

// Now is the time of the harness's clock.
func Now() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// Limits of the harness, in bytes.
const (
	MaxUpload = 64 << 10  // of a video in a form
	MaxDirect = 100 << 20 // of a direct upload
)

// Change alters the parts of a gateway before it starts.
type Change func(*httpapi.Deps, *upload.Limits)

// Harness is a whole gateway on fakes, behind a real listener.
type Harness struct {
	Base         string // URL of the gateway
	Users        *fake.Users
	Videos       *fake.Videos
	Interactions *fake.Interactions
	Relations    *fake.Relations
	Chats        *fake.Chats
	States       *fake.States
	Blobs        *fake.Blobs
	S3           *fake.S3
	Tokens       *token.Issuer
	Log          *Log

	handler http.Handler
	temp    string
}

// Log collects the log lines of many goroutines.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String returns all lines.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// New starts a gateway on a port of its own.
func New(t testing.TB, change Change) *Harness {
	t.Helper()
	h := build(t, change)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.Base = "http://" + listener.Addr().String()
	h.serve(t, listener)
	return h
}

// NewPiped starts a gateway whose connections are in memory, for a synctest
// bubble.
func NewPiped(t testing.TB, change Change) (*Harness, *Pipes) {
	t.Helper()
	h := build(t, change)
	listener := NewPipes()
	h.serve(t, listener)
	return h, listener
}

func build(t testing.TB, change Change) *Harness {
	t.Helper()
	h := &Harness{Users: &fake.Users{}, Videos: &fake.Videos{MaxSize: MaxUpload, ExpiresAtMS: Now().Add(2 * time.Hour).UnixMilli()},
		Interactions: &fake.Interactions{}, Relations: &fake.Relations{}, Chats: &fake.Chats{}, States: &fake.States{},
		Blobs: &fake.Blobs{}, S3: &fake.S3{}, Log: &Log{}, temp: t.TempDir()}
	h.Interactions.AuthorOf = h.Videos.AuthorOf
	h.Videos.Blobs = h.Blobs
	log := telemetry.NewLogger(h.Log, slog.LevelDebug)
	keys, err := token.ParseKeys(`{"current":"k1","keys":{"k1":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}}`)
	if err != nil {
		t.Fatal(err)
	}
	h.Tokens = token.New(keys, Now)
	composer := compose.New(compose.Options{Users: h.Users, Videos: h.Videos,
		Interactions: h.Interactions, Relations: h.Relations, Chats: h.Chats, Hot: hotstate.New(h.States, log),
		Links: compose.NewLinks("http://phone.example")})
	t.Cleanup(composer.Close)
	objects := objectstore.New(h.Blobs, h.S3)
	files, err := media.New(media.Options{Videos: h.Videos, Objects: objects, Log: log, CacheBytes: 1 << 20, Streams: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.Close)
	deps := httpapi.Deps{
		Pipeline: request.Pipeline{Log: log, LogRequests: request.LogAll, Tracer: noop.NewTracerProvider().Tracer(""),
			Tokens: h.Tokens, Language: request.Chinese},
		Tokens: h.Tokens, Accounts: h.Users, Composer: composer,
		Interactions: h.Interactions, Relations: h.Relations, Chats: h.Chats, Videos: h.Videos,
		Direct: upload.NewDirect(h.Videos, h.S3, MaxDirect, Now, log),
		Media:  files, Ready: httpserver.NewReadiness(), Clock: Now}
	limits := upload.Limits{MaxBytes: MaxUpload, AtOnce: 4, PerUser: 2, Wait: 5 * time.Second, TempDir: h.temp}
	if change != nil {
		change(&deps, &limits)
	}
	deps.Uploads = upload.NewReceiver(h.Videos, objects, limits, log)
	h.handler = httpapi.New(deps)
	return h
}

// serve runs the real server until the test ends.
func (h *Harness) serve(t testing.TB, listener net.Listener) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- httpserver.Serve(ctx, listener, h.handler, telemetry.NewLogger(h.Log, slog.LevelDebug))
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

// Client never follows a redirect and keeps no connection open, which would delay
// the end of a test.
func Client() *http.Client {
	return &http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// TokenOf signs a token for a user.
func (h *Harness) TokenOf(t testing.TB, id int64) string {
	t.Helper()
	raw, err := h.Tokens.Sign(token.Identity{UserID: id, SessionID: "01HQ3V"})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Get sends a GET request.
func (h *Harness) Get(t testing.TB, path string, query url.Values) []byte {
	t.Helper()
	return h.Send(t, http.MethodGet, path, query, "", nil)
}

// Send sends a request and returns the body of its answer.
func (h *Harness) Send(t testing.TB, method, path string, query url.Values, contentType string, body io.Reader) []byte {
	t.Helper()
	target := h.Base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequest(method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return h.Do(t, req)
}

// Do sends a request and returns the body of its answer, which must be JSON with
// the HTTP status 200.
func (h *Harness) Do(t testing.TB, req *http.Request) []byte {
	t.Helper()
	res, err := Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s", req.Method, req.URL.Path, res.Status)
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
		t.Fatalf("%s %s: content type %q", req.Method, req.URL.Path, ct)
	}
	return out
}

// NothingLeft checks that a refused upload left no trace.
func (h *Harness) NothingLeft(t testing.TB, what string) {
	t.Helper()
	Within(t, what+": upload closed", func() bool { return h.Videos.Open() == 0 })
	Within(t, what+": no parts left", func() bool { return h.Blobs.Len() == 0 })
	if n := len(h.Videos.Published()); n != 0 {
		t.Errorf("%s: %d videos published", what, n)
	}
	Within(t, what+": no file left on disk", func() bool {
		left, err := os.ReadDir(h.temp)
		return err == nil && len(left) == 0
	})
}

// Code returns the status_code of a body, which must have a message too.
func Code(t testing.TB, body []byte) int32 {
	t.Helper()
	var s struct {
		Code *int32  `json:"status_code"`
		Msg  *string `json:"status_msg"`
	}
	if err := json.Unmarshal(body, &s); err != nil || s.Code == nil || s.Msg == nil || *s.Msg == "" {
		t.Fatalf("no status in %.200s (%v)", body, err)
	}
	return *s.Code
}

// WantCode checks the status_code of a body.
func WantCode(t testing.TB, what string, body []byte, want int32) {
	t.Helper()
	if got := Code(t, body); got != want {
		t.Errorf("%s: status_code %d, want %d in %.300s", what, got, want, body)
	}
}

// Within waits for a condition.
func Within(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
