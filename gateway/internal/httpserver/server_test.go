package httpserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpserver"
)

// start serves a handler in a bubble. The function it returns ends the server
// and waits for it.
func start(handler http.HandlerFunc) (*apitest.Pipes, func() error) {
	listener := apitest.NewPipes()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- httpserver.Serve(ctx, listener, handler, slog.New(slog.DiscardHandler)) }()
	return listener, func() error { stop(); return <-done }
}

func request(t *testing.T, conn net.Conn) <-chan string {
	t.Helper()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(conn)
		answer <- string(text)
	}()
	return answer
}

// What is in flight at the end is finished.
func TestShutdownFinishesWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener, end := start(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(9 * time.Second)
			if r.Context().Err() != nil {
				t.Error("the request was cut off")
			}
			_, _ = io.WriteString(w, "finished")
		})
		answer := request(t, listener.Dial())
		synctest.Wait()
		if err := end(); err != nil {
			t.Error(err)
		}
		if text := <-answer; len(text) < 8 || text[len(text)-8:] != "finished" {
			t.Errorf("answer %q", text)
		}
	})
}

// What takes too long is cut off, and may still clean up.
func TestShutdownCutsOffAndWaitsForCleaningUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cleaned atomic.Bool
		listener, end := start(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			time.Sleep(2 * time.Second)
			cleaned.Store(true)
		})
		answer := request(t, listener.Dial())
		synctest.Wait()
		began := time.Now()
		if err := end(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < 10*time.Second || took > 14*time.Second {
			t.Errorf("the end took %s", took)
		}
		if !cleaned.Load() {
			t.Error("the server ended before the request had cleaned up")
		}
		<-answer
	})
}

func TestServeReportsABrokenListener(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := httpserver.Serve(t.Context(), listener, http.NotFoundHandler(), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no error")
	}
}

func TestReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		var asked atomic.Int32
		ready := httpserver.NewReadiness(
			httpserver.Check{Name: "user", Ask: func(context.Context) error {
				asked.Add(1)
				if down.Load() {
					return errors.New("dial tcp 127.0.0.1:21012: refused")
				}
				return nil
			}},
			httpserver.Check{Name: "slow", Ask: func(ctx context.Context) error {
				if !down.Load() {
					return nil
				}
				<-ctx.Done()
				return ctx.Err()
			}})
		probe := func() (int, map[string]string) {
			w := httptest.NewRecorder()
			ready.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			var states map[string]string
			if err := json.Unmarshal(w.Body.Bytes(), &states); err != nil {
				t.Fatal(err)
			}
			return w.Code, states
		}
		if code, states := probe(); code != 200 || states["status"] != "ok" || states["user"] != "ok" || states["slow"] != "ok" {
			t.Errorf("%d %v", code, states)
		}
		probe()
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times for two probes at once", n)
		}
		down.Store(true)
		time.Sleep(2 * time.Second)
		began := time.Now()
		if code, states := probe(); code != 503 || states["status"] != "unready" || states["user"] != "unreachable" || states["slow"] != "unreachable" {
			t.Errorf("%d %v", code, states)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the probe took %s", took)
		}
		down.Store(false)
		time.Sleep(2 * time.Second)
		if code, _ := probe(); code != 200 {
			t.Errorf("%d after recovery", code)
		}
	})
}

// Somebody who takes a minute for the head of a request holds no connection.
func TestSlowHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, listener := apitest.NewPiped(t, nil)
		conn := listener.Dial()
		defer conn.Close()
		start := time.Now()
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			_, _ = io.Copy(io.Discard, conn)
		}()
		for {
			select {
			case <-closed:
				if took := time.Since(start); took > 30*time.Second {
					t.Errorf("closed after %s", took)
				}
				return
			case <-time.After(time.Second):
				_, _ = io.WriteString(conn, "G")
				if time.Since(start) > time.Hour {
					t.Fatal("the connection stays")
				}
			}
		}
	})
}
