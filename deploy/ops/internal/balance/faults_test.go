package balance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/balance"
)

// A gateway that is down is left out for every request, until it is back.
func TestDeadGatewayIsSkipped(t *testing.T) {
	a := newGateway(t, "a", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "%d", len(body))
	})
	dead := freeAddr(t)
	base, log := start(t, a.addr(), dead)
	upload := strings.Repeat("x", 3<<20)
	for range 6 {
		if response, body := do(t, http.MethodPost, base+"/?token=secret", strings.NewReader(upload)); response.StatusCode != http.StatusOK || body != fmt.Sprint(len(upload)) {
			t.Errorf("%s %s", response.Status, body)
		}
	}
	if text := log.String(); !strings.Contains(text, dead) || strings.Contains(text, "secret") {
		t.Errorf("log %q", text)
	}
	listener, err := net.Listen("tcp", dead)
	if err != nil {
		t.Skip("another process took the port")
	}
	revived := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Gateway", "b")
	})}
	served := make(chan error, 1)
	go func() { served <- revived.Serve(listener) }()
	defer func() {
		revived.Close()
		<-served
	}()
	eventually(t, "it gets requests again", func() bool {
		response, _ := do(t, http.MethodGet, base+"/", nil)
		return response.Header.Get("Gateway") == "b"
	})
}

// A gateway that is not ready gets no requests while another is ready. If none is
// ready, all get requests.
func TestUnreadyGatewayIsLeftOut(t *testing.T) {
	a, b := newGateway(t, "a", fine), newGateway(t, "b", fine)
	base, log := start(t, a.addr(), b.addr())
	b.unready.Store(true)
	eventually(t, "it is left out", func() bool { return strings.Contains(log.String(), "503") })
	before := b.seen.Load()
	for range 10 {
		do(t, http.MethodGet, base+"/", nil)
	}
	if after := b.seen.Load(); after != before {
		t.Errorf("%d requests went there", after-before)
	}
	a.unready.Store(true)
	eventually(t, "both are left out", func() bool { return strings.Count(log.String(), "503") == 2 })
	for range 4 {
		if response, _ := do(t, http.MethodGet, base+"/", nil); response.StatusCode != http.StatusOK {
			t.Errorf("none is ready: %s", response.Status)
		}
	}
	b.unready.Store(false)
	eventually(t, "it gets requests again", func() bool {
		do(t, http.MethodGet, base+"/", nil)
		return b.seen.Load() > before+3
	})
}

// A request that a gateway may have received is sent again only if it is
// idempotent.
func TestOnlyIdempotentRequestsAreRetried(t *testing.T) {
	breaks := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	}
	for _, c := range []struct {
		method, body string
		reached      int64 // gateways, at every request
	}{{http.MethodGet, "", 2}, {http.MethodHead, "", 2}, {http.MethodPost, "", 1}, {http.MethodPost, "data", 1}, {http.MethodGet, "data", 1}} {
		a, b := newGateway(t, "a", breaks), newGateway(t, "b", breaks)
		base, _ := start(t, a.addr(), b.addr())
		response, body := do(t, c.method, base+"/", strings.NewReader(c.body))
		if response.StatusCode != http.StatusBadGateway || c.method != http.MethodHead && !strings.Contains(body, "no gateway answers") {
			t.Errorf("%s %q: %s %q", c.method, c.body, response.Status, body)
		}
		if reached := a.seen.Load() + b.seen.Load(); reached != c.reached {
			t.Errorf("%s %q reached %d gateways, want %d", c.method, c.body, reached, c.reached)
		}
	}
}

// A client notices a truncated response.
func TestTruncatedResponse(t *testing.T) {
	a := newGateway(t, "a", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		panic(http.ErrAbortHandler)
	})
	base, _ := start(t, a.addr())
	response, err := http.Get(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", body, err)
	}
}

// The gateway notices that the client has disconnected.
func TestClientDisconnects(t *testing.T) {
	left := make(chan struct{})
	a := newGateway(t, "a", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(left)
	})
	base, log := start(t, a.addr())
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, cancel)
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
		t.Fatal("a response")
	}
	select {
	case <-left:
	case <-time.After(timeout):
		t.Error("the gateway does not notice")
	}
	if strings.Contains(log.String(), "GET") {
		t.Errorf("log %q", log)
	}
}

func TestNobodyAnswers(t *testing.T) {
	base, _ := start(t, freeAddr(t), freeAddr(t))
	if response, _ := do(t, http.MethodPost, base+"/", strings.NewReader("data")); response.StatusCode != http.StatusBadGateway {
		t.Errorf("%s", response.Status)
	}
	if _, err := balance.Listen(t.Context(), strings.TrimPrefix(base, "http://"), nil, io.Discard); err == nil {
		t.Error("two proxies at one address")
	}
}

// With many clients, and one of three gateways ending, every request succeeds.
func TestUnderConcurrency(t *testing.T) {
	a, b, c := newGateway(t, "a", fine), newGateway(t, "b", fine), newGateway(t, "c", fine)
	base, _ := start(t, a.addr(), b.addr(), c.addr())
	var clients sync.WaitGroup
	var mu sync.Mutex
	var statuses []int
	for n := range 8 {
		clients.Go(func() {
			for i := range 25 {
				if n == 0 && i == 5 {
					c.Listener.Close()
					c.CloseClientConnections()
				}
				response, err := http.Get(base + "/")
				if err != nil {
					t.Error(err)
					return
				}
				response.Body.Close()
				mu.Lock()
				statuses = append(statuses, response.StatusCode)
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	if slices.ContainsFunc(statuses, func(s int) bool { return s != http.StatusOK }) {
		t.Errorf("statuses %v", statuses)
	}
}
