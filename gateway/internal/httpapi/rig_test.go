package httpapi_test

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
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/fake"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/media"
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

// now is the moment at which all tests happen.
var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

const (
	maxUpload = 64 << 10
	maxDirect = 100 << 20
)

// rig is a whole gateway on fakes, behind a real listener.
type rig struct {
	base    string
	handler http.Handler
	users   *fake.Users
	videos  *fake.Videos
	likes   *fake.Interactions
	follows *fake.Relations
	chats   *fake.Chats
	states  *fake.States
	blobs   *fake.Blobs
	s3      *fake.S3
	tokens  *token.Issuer
	log     *lockedBuffer
	temp    string
}

// lockedBuffer takes the log of many goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newRig starts a gateway; change may alter its parts before.
func newRig(t testing.TB, change func(*httpapi.Deps, *httpapi.UploadLimits)) *rig {
	t.Helper()
	r := buildRig(t, change)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.base = "http://" + listener.Addr().String()
	serve(t, listener, r.handler, telemetry.NewLogger(r.log, slog.LevelDebug))
	return r
}

func buildRig(t testing.TB, change func(*httpapi.Deps, *httpapi.UploadLimits)) *rig {
	t.Helper()
	r := &rig{users: &fake.Users{}, videos: &fake.Videos{MaxSize: maxUpload, ExpiresAtMS: now.Add(2 * time.Hour).UnixMilli()},
		likes: &fake.Interactions{}, follows: &fake.Relations{}, chats: &fake.Chats{}, states: &fake.States{}, blobs: &fake.Blobs{}, s3: &fake.S3{}, log: &lockedBuffer{}, temp: t.TempDir()}
	r.likes.AuthorOf = r.videos.AuthorOf
	r.videos.Blobs = r.blobs
	log := telemetry.NewLogger(r.log, slog.LevelDebug)
	keys, err := token.ParseKeys(`{"current":"k1","keys":{"k1":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}}`)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	r.tokens = token.New(keys, clock)
	composer, err := compose.New(compose.Options{Users: r.users, Videos: r.videos,
		Interactions: r.likes, Relations: r.follows, Chats: r.chats, Hot: hotstate.New(r.states, log),
		Links: compose.NewLinks("http://phone.example")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(composer.Close)
	objects := objectstore.New(r.blobs, r.s3)
	files, err := media.New(media.Options{Videos: r.videos, Objects: objects, Log: log, CacheBytes: 1 << 20, Streams: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.Close)
	deps := httpapi.Deps{Log: log, Tracer: noop.NewTracerProvider().Tracer(""), Tokens: r.tokens, Accounts: r.users, Composed: composer,
		Interactions: r.likes, Relations: r.follows, Chats: r.chats, Videos: r.videos,
		Media: files, Ready: httpapi.NewReadiness(), Language: httpapi.Chinese, Clock: clock}
	limits := httpapi.UploadLimits{MaxBytes: maxUpload, AtOnce: 4, PerUser: 2, Wait: 5 * time.Second, TempDir: r.temp}
	deps.Direct = httpapi.NewDirect(r.videos, r.s3, maxDirect, clock, log)
	if change != nil {
		change(&deps, &limits)
	}
	deps.Uploads = httpapi.NewUploads(r.videos, objects, limits, log)
	r.handler = httpapi.New(deps)
	return r
}

// serve runs the real server until the test ends.
func serve(t testing.TB, listener net.Listener, handler http.Handler, log *slog.Logger) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- httpapi.Serve(ctx, listener, handler, log) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

// client never follows a redirect and keeps no connection that would hold up
// the end of a test.
var client = &http.Client{
	Timeout:       20 * time.Second,
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// tokenOf signs a token for a user.
func (r *rig) tokenOf(t testing.TB, id int64) string {
	t.Helper()
	raw, err := r.tokens.Sign(token.Identity{UserID: id, SessionID: "01HQ3V"})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// send makes a request and returns the body of its answer, which has to be a
// well-formed one.
func (r *rig) send(t testing.TB, method, path string, query url.Values, contentType string, body io.Reader) []byte {
	t.Helper()
	target := r.base + path
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
	return r.do(t, req)
}

func (r *rig) do(t testing.TB, req *http.Request) []byte {
	t.Helper()
	res, err := client.Do(req)
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

func (r *rig) get(t testing.TB, path string, query url.Values) []byte {
	t.Helper()
	return r.send(t, http.MethodGet, path, query, "", nil)
}

// code is the status_code of a body, which has to have a message too.
func code(t testing.TB, body []byte) int32 {
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

func wantCode(t testing.TB, what string, body []byte, want int32) {
	t.Helper()
	if got := code(t, body); got != want {
		t.Errorf("%s: status_code %d, want %d in %.300s", what, got, want, body)
	}
}

// within waits for a condition.
func within(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// nothingLeft checks that a refused upload is gone without a trace.
func (r *rig) nothingLeft(t testing.TB, what string) {
	t.Helper()
	within(t, what+": upload closed", func() bool { return r.videos.Open() == 0 })
	within(t, what+": no parts left", func() bool { return r.blobs.Len() == 0 })
	if n := len(r.videos.Published()); n != 0 {
		t.Errorf("%s: %d videos published", what, n)
	}
	within(t, what+": no file left on disk", func() bool {
		left, err := os.ReadDir(r.temp)
		return err == nil && len(left) == 0
	})
}

func form(pairs ...string) io.Reader {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return strings.NewReader(v.Encode())
}
