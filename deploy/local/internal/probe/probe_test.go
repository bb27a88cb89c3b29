package probe_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/probe"
)

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestHTTP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("dapr-api-token") != "secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/ready":
			w.WriteHeader(http.StatusNoContent)
		default:
			http.Error(w, "user unreachable", http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	if err := probe.HTTP(within(t), server.URL+"/ready", "secret"); err != nil {
		t.Error(err)
	}
	if probe.HTTP(within(t), server.URL+"/ready", "") == nil {
		t.Error("ready without the token")
	}
	if err := probe.HTTP(within(t), server.URL+"/unready", "secret"); err == nil || !strings.Contains(err.Error(), "user unreachable") {
		t.Errorf("error %v, want the text of the answer", err)
	}
}

// grpcServer answers the health check like a gRPC server.
func grpcServer(t *testing.T, body, status string) string {
	t.Helper()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil || string(sent) != "\x00\x00\x00\x00\x00" || r.URL.Path != "/grpc.health.v1.Health/Check" ||
			r.Header.Get("Content-Type") != "application/grpc" || r.Header.Get("dapr-api-token") != "secret" {
			status = "13"
		}
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = io.WriteString(w, body)
		w.Header().Set("Grpc-Status", status)
	})
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = &http.Protocols{}
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestGRPC(t *testing.T) {
	const serving, notServing = "\x00\x00\x00\x00\x02\x08\x01", "\x00\x00\x00\x00\x02\x08\x02"
	if err := probe.GRPC(within(t), grpcServer(t, serving, "0"), probe.Token("secret")); err != nil {
		t.Error(err)
	}
	if probe.GRPC(within(t), grpcServer(t, notServing, "0"), probe.Token("secret")) == nil {
		t.Error("NOT_SERVING counts as ready")
	}
	if probe.GRPC(within(t), grpcServer(t, "", "12"), probe.Token("secret")) == nil {
		t.Error("a server without health service counts as ready")
	}
	if probe.GRPC(within(t), grpcServer(t, serving, "0"), probe.Token("wrong")) == nil {
		t.Error("the token is not sent")
	}
}

// redisServer answers lines.
func redisServer(t *testing.T, answers map[string]string) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				if _, err := io.WriteString(conn, answers[lines.Text()]); err != nil {
					break
				}
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		<-ended
	})
	return listener.Addr().String()
}

func TestRedis(t *testing.T) {
	good := map[string]string{"AUTH pw": "+OK\r\n", "PING": "+PONG\r\n"}
	if err := probe.Redis(within(t), redisServer(t, good), "pw"); err != nil {
		t.Error(err)
	}
	if err := probe.Redis(within(t), redisServer(t, good), ""); err != nil {
		t.Errorf("without a password: %v", err)
	}
	loading := map[string]string{"PING": "-LOADING Redis is loading the dataset in memory\r\n"}
	if err := probe.Redis(within(t), redisServer(t, loading), ""); err == nil {
		t.Error("a Redis that is loading counts as ready")
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if probe.Redis(short, redisServer(t, nil), "pw") == nil {
		t.Error("a Redis that does not answer counts as ready")
	}
}

func TestNoListener(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"HTTP":  probe.HTTP(within(t), "http://"+addr, ""),
		"gRPC":  probe.GRPC(within(t), addr),
		"TCP":   probe.TCP(within(t), addr),
		"Redis": probe.Redis(within(t), addr, ""),
		"MySQL": probe.MySQL(within(t), "u:p@tcp("+addr+")/"),
	} {
		if err == nil {
			t.Errorf("%s: ready without a listener", name)
		}
	}
}
