package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

func TestHealthFollowsReady(t *testing.T) {
	var down atomic.Bool
	r := run(t, server.Options{Ready: func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("Ready was asked without a deadline")
		}
		if down.Load() {
			return errors.New("no database")
		}
		return nil
	}}, same)
	health := healthv1.NewHealthClient(r.conn)
	callback := runtimev1.NewAppCallbackHealthCheckClient(r.conn)
	for _, isDown := range []bool{false, true, false} {
		down.Store(isDown)
		want, wantCode := healthv1.HealthCheckResponse_SERVING, codes.OK
		if isDown {
			want, wantCode = healthv1.HealthCheckResponse_NOT_SERVING, codes.Internal
		}
		if got, err := health.Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil || got.GetStatus() != want {
			t.Errorf("down %v: %v, %v", isDown, got, err)
		}
		if _, err := callback.HealthCheck(t.Context(), &emptypb.Empty{}); status.Code(err) != wantCode {
			t.Errorf("down %v: callback %v", isDown, err)
		}
	}
}

func TestCallsInProgressEndBeforeTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, server.Options{}, func(_ context.Context, text string) (string, error) {
			time.Sleep(9 * time.Second)
			return text, nil
		})
		said := make(chan error, 1)
		go func() {
			_, err := daprtest.Say(t.Context(), r.conn, "hello")
			said <- err
		}()
		synctest.Wait()
		start := time.Now()
		r.stop()
		synctest.Wait()
		if _, err := daprtest.Say(t.Context(), r.conn, "too late"); status.Code(err) != codes.Unavailable {
			t.Errorf("a call to a stopping server: %v", err)
		}
		if err := <-said; err != nil {
			t.Errorf("the call in progress: %v", err)
		}
		if err := <-r.end; err != nil || time.Since(start) != 9*time.Second {
			t.Errorf("Serve = %v after %v", err, time.Since(start))
		}
	})
}

func TestStuckCallsDoNotHoldTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, server.Options{}, func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		go daprtest.Say(t.Context(), r.conn, "hello")
		synctest.Wait()
		start := time.Now()
		r.stop()
		if err := <-r.end; err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("Serve = %v after %v", err, time.Since(start))
		}
		r.conn.Close()
	})
}

func TestRunReportsAnOccupiedPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = server.New(server.Options{Address: taken.Addr().String()}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("Run = %v", err)
	}
}

func TestMainLogsTheErrorAndReturnsACode(t *testing.T) {
	var out bytes.Buffer
	code := server.ExitCode(t.Context(), "video", func(context.Context) error { return errors.New("no database") }, &out)
	var record map[string]any
	if err := json.Unmarshal(out.Bytes(), &record); err != nil {
		t.Fatalf("%q: %v", out.String(), err)
	}
	if code != 1 || record["level"] != "ERROR" || record["app"] != "video" || record["error"] != "no database" {
		t.Errorf("code %d, %v", code, record)
	}

	out.Reset()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code = server.ExitCode(ctx, "video", func(ctx context.Context) error { return ctx.Err() }, &out)
	if code != 0 || out.Len() != 0 {
		t.Errorf("after a signal: code %d, %q", code, out.String())
	}
}
