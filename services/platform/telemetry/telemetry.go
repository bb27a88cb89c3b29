// Package telemetry sets up a program's logger and tracing. Log lines are JSON,
// contain the trace and span id of their context, and are scrubbed of credentials
// (scrub.go).
package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Options configure Setup.
type Options struct {
	App          string    // name of the program in logs and traces
	LogLevel     string    // debug, info, warn or error; empty is info
	OTLPEndpoint string    // collector: a URL, or host:port without TLS; empty exports nothing
	Output       io.Writer // of log lines; nil means standard error
}

// Setup returns the program's logger and installs its tracer provider and the W3C
// propagator process-wide, where the gRPC instrumentation expects them; so call it
// once, from main. Without an endpoint nothing is recorded, but trace ids exist
// and are propagated. A collector that is down is no error: spans are dropped. The
// returned function flushes and ends tracing within its context.
func Setup(ctx context.Context, o Options) (*slog.Logger, func(context.Context) error, error) {
	level, err := parseLevel(o.LogLevel)
	if err != nil {
		return nil, nil, err
	}
	out := o.Output
	if out == nil {
		out = os.Stderr
	}
	log := NewLogger(out, level).With("app", o.App)

	provider, err := newTracerProvider(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("tracing", "error", err) }))
	return log, provider.Shutdown, nil
}

func parseLevel(name string) (slog.Level, error) {
	var level slog.Level
	if name == "" {
		return slog.LevelInfo, nil
	}
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return 0, fmt.Errorf("log level %q: want debug, info, warn or error", name)
	}
	return level, nil
}

func newTracerProvider(ctx context.Context, o Options) (*sdktrace.TracerProvider, error) {
	name := resource.NewSchemaless(attribute.String("service.name", o.App))
	if o.OTLPEndpoint == "" {
		// Spans that are not recorded still have ids, and cost next to nothing.
		return sdktrace.NewTracerProvider(sdktrace.WithResource(name), sdktrace.WithSampler(sdktrace.NeverSample())), nil
	}
	endpoint := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(o.OTLPEndpoint), otlptracegrpc.WithInsecure()}
	if strings.Contains(o.OTLPEndpoint, "://") {
		endpoint = []otlptracegrpc.Option{otlptracegrpc.WithEndpointURL(o.OTLPEndpoint)}
	}
	exporter, err := otlptracegrpc.New(ctx, endpoint...)
	if err != nil {
		return nil, fmt.Errorf("trace exporter: %w", err)
	}
	return sdktrace.NewTracerProvider(
		sdktrace.WithResource(name),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.AlwaysSample())),
		sdktrace.WithBatcher(exporter),
	), nil
}
