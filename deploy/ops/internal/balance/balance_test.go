package balance_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/balance"
)

const timeout = 10 * time.Second

// gateway is a server that counts requests, without readiness checks.
type gateway struct {
	*httptest.Server
	name    string
	unready atomic.Bool
	seen    atomic.Int64
}

func newGateway(t *testing.T, name string, serve http.HandlerFunc) *gateway {
	t.Helper()
	g := &gateway{name: name}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			if g.unready.Load() {
				http.Error(w, "unready", http.StatusServiceUnavailable)
			}
			return
		}
		g.seen.Add(1)
		w.Header().Set("Gateway", name)
		serve(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) addr() string { return g.Listener.Addr().String() }

// output is the log of the proxy; it is safe for concurrent use.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *output) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *output) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// start runs a proxy and returns its URL.
func start(t *testing.T, addrs ...string) (string, *output) {
	t.Helper()
	addr := freeAddr(t)
	log := &output{}
	proxy, err := balance.Listen(t.Context(), addr, addrs, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			t.Error("the proxy still listens")
		}
	})
	return "http://" + addr, log
}

// freeAddr is an address without a listener.
func freeAddr(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func do(t *testing.T, method, url string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("not in %s: %s", timeout, what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func fine(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }

func TestRoundRobin(t *testing.T) {
	a, b := newGateway(t, "a", fine), newGateway(t, "b", fine)
	base, _ := start(t, a.addr(), b.addr())
	var order []string
	for range 6 { // over one connection
		response, _ := do(t, http.MethodGet, base+"/", nil)
		order = append(order, response.Header.Get("Gateway"))
	}
	if got := strings.Join(order, ""); got != "ababab" && got != "bababa" {
		t.Errorf("order %s", got)
	}
}

// Method, path, query, headers, host and the response pass unchanged.
func TestRequestsAndResponsesPassUnchanged(t *testing.T) {
	var got *http.Request
	a := newGateway(t, "a", func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.WithoutCancel(r.Context()))
		http.ServeContent(w, r, "x.mp4", time.Unix(1e9, 0), strings.NewReader("0123456789"))
	})
	base, _ := start(t, a.addr())
	response, body := do(t, http.MethodGet, base+"/media/a%2Fb;c?token=x;y&a=1&a=2", nil, "Range", "bytes=2-4", "Accept-Encoding", "identity")
	if response.StatusCode != http.StatusPartialContent || body != "234" || response.Header.Get("Content-Range") != "bytes 2-4/10" || response.ContentLength != 3 {
		t.Errorf("%s %v %q", response.Status, response.Header, body)
	}
	if got.RequestURI != "/media/a%2Fb;c?token=x;y&a=1&a=2" || got.Host != strings.TrimPrefix(base, "http://") || got.Header.Get("Range") != "bytes=2-4" {
		t.Errorf("the gateway sees %s for %s with %v", got.RequestURI, got.Host, got.Header)
	}
	for _, added := range []string{"X-Forwarded-For", "Forwarded"} {
		if got.Header.Get(added) != "" {
			t.Errorf("%s is added", added)
		}
	}
	if response, _ := do(t, http.MethodGet, base+"/", nil, "If-Modified-Since", response.Header.Get("Last-Modified")); response.StatusCode != http.StatusNotModified {
		t.Errorf("conditional: %s", response.Status)
	}
}

// Nothing is buffered: the gateway receives the first bytes of an upload before
// the last are sent, and the client those of a response.
func TestBodiesStream(t *testing.T) {
	a := newGateway(t, "a", func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			fmt.Fprintln(w, lines.Text())
			if err := http.NewResponseController(w).Flush(); err != nil {
				return
			}
		}
	})
	base, _ := start(t, a.addr())
	reader, writer := io.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/", reader)
	if err != nil {
		t.Fatal(err)
	}
	go func() { fmt.Fprintln(writer, "first") }()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answers := bufio.NewReader(response.Body)
	for _, text := range []string{"first\n", "second\n", "third\n"} {
		if text != "first\n" {
			go func() { fmt.Fprint(writer, text) }()
		}
		if got, err := answers.ReadString('\n'); err != nil || got != text {
			t.Fatalf("%q, %v, want %q", got, err, text)
		}
	}
	writer.Close()
}

// A refusal reaches a client that continues to send and reads at the end.
func TestEarlyRefusalArrives(t *testing.T) {
	a := newGateway(t, "a", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadFull(r.Body, make([]byte, 1000)); err != nil {
			t.Error(err)
		}
		w.Header().Set("Connection", "close")
		http.Error(w, "refused", http.StatusForbidden)
	})
	base, _ := start(t, a.addr())
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		t.Fatal(err)
	}
	const size = 20 << 20
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)
	for range size >> 16 {
		if _, err := conn.Write(make([]byte, 1<<16)); err != nil {
			t.Fatalf("the connection is closed on a client that sends: %v", err)
		}
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); response.StatusCode != http.StatusForbidden || err != nil || string(text) != "refused\n" {
		t.Errorf("%s %q %v", response.Status, text, err)
	}
}
