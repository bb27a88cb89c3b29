package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

// Without a collector a trace id still exists, is logged and reaches the next
// program, also if the incoming trace was sampled.
func TestSetupWithoutCollector(t *testing.T) {
	var out bytes.Buffer
	log, shutdown, err := telemetry.Setup(t.Context(), telemetry.Options{App: "video", LogLevel: "info", Output: &out})
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := otel.Tracer("test").Start(t.Context(), "work")
	log.InfoContext(ctx, "hello")
	carrier := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(ctx, carrier)
	span.End()

	var line struct {
		App     string `json:"app"`
		Msg     string `json:"msg"`
		TraceID string `json:"trace_id"`
		SpanID  string `json:"span_id"`
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	if line.App != "video" || line.Msg != "hello" || len(line.TraceID) != 32 || len(line.SpanID) != 16 {
		t.Errorf("log line %+v", line)
	}

	next := otel.GetTextMapPropagator().Extract(t.Context(), carrier)
	if got := trace.SpanContextFromContext(next).TraceID().String(); got != line.TraceID {
		t.Errorf("trace id %s became %s on its way", line.TraceID, got)
	}
	if err := shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// A collector that does not run delays neither start nor stop.
func TestSetupWithDeadCollector(t *testing.T) {
	for _, endpoint := range []string{"127.0.0.1:9", "http://127.0.0.1:9"} {
		_, shutdown, err := telemetry.Setup(t.Context(), telemetry.Options{App: "video", OTLPEndpoint: endpoint, Output: &bytes.Buffer{}})
		if err != nil {
			t.Fatalf("%s: %v", endpoint, err)
		}
		_, span := otel.Tracer("test").Start(t.Context(), "work")
		if !span.SpanContext().IsSampled() {
			t.Errorf("%s: spans are not recorded", endpoint)
		}
		span.End()

		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_ = shutdown(ctx) // it reports that the last spans are lost
		cancel()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: shutdown took %v", endpoint, took)
		}
	}
}

func TestSetupRefusesUnknownLevel(t *testing.T) {
	if _, _, err := telemetry.Setup(t.Context(), telemetry.Options{App: "video", LogLevel: "loud"}); err == nil {
		t.Error("level \"loud\" is accepted")
	}
}
