package load_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
)

const patience = 10 * time.Second

func get(path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n")
}

func TestConnKeepsAliveAndReadsAnswersOfAllSizes(t *testing.T) {
	connections := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		w.Header().Set("Content-Length", strconv.Itoa(n))
		io.WriteString(w, strings.Repeat("x", n))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections++
		}
	}
	server.Start()
	defer server.Close()
	conn := load.NewConn(server.Listener.Addr().String(), patience)
	defer conn.Close()
	for _, n := range []int{0, 1, 53, 64 << 10, 1 << 20, 2} {
		status, body, err := conn.Do(t.Context(), get("/?n="+strconv.Itoa(n)))
		if err != nil || status != http.StatusOK || len(body) != n {
			t.Fatalf("%d bytes: status %d, %d bytes, %v", n, status, len(body), err)
		}
	}
	if connections != 1 {
		t.Errorf("%d connections, want 1", connections)
	}
}

func TestConnReconnectsAfterAnError(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls == 1 {
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, "ok")
	}))
	defer server.Close()
	conn := load.NewConn(server.Listener.Addr().String(), patience)
	defer conn.Close()
	if _, _, err := conn.Do(t.Context(), get("/")); err == nil {
		t.Fatal("an aborted answer is no error")
	}
	if status, body, err := conn.Do(t.Context(), get("/")); err != nil || status != http.StatusOK || string(body) != "ok" {
		t.Errorf("after the error: %d %q %v", status, body, err)
	}
}

func TestConnTimesOut(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	conn := load.NewConn(server.Listener.Addr().String(), 50*time.Millisecond)
	defer conn.Close()
	if _, _, err := conn.Do(t.Context(), get("/")); !errors.Is(err, load.ErrTimeout) {
		t.Errorf("%v, want a timeout", err)
	}
}

func TestConnRefusesWhatIsNoAnswer(t *testing.T) {
	for what, answer := range map[string]string{
		"not HTTP":          "SMTP ready, how are you\r\n\r\n",
		"no length":         "HTTP/1.1 200 OK\r\n\r\n",
		"a negative length": "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"a longer body":     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			conn.Read(make([]byte, 1<<10))
			io.WriteString(conn, answer)
		}()
		conn := load.NewConn(listener.Addr().String(), patience)
		if _, _, err := conn.Do(t.Context(), get("/")); err == nil {
			t.Errorf("%s: no error", what)
		}
		conn.Close()
		listener.Close()
	}
}
