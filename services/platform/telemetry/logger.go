package telemetry

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// NewLogger returns a logger that writes JSON lines to w: scrubbed, and with
// trace_id and span_id if the context of the call has them. (After WithGroup the
// two are inside the group.)
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	lines := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: scrubAttr})
	return slog.New(traced{lines})
}

// traced adds the ids of the current span to each record.
type traced struct{ slog.Handler }

var _ slog.Handler = traced{}

// Handle writes one record.
func (t traced) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return t.Handler.Handle(ctx, r)
}

// WithAttrs keeps the ids on derived loggers.
func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traced{t.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the ids on derived loggers.
func (t traced) WithGroup(name string) slog.Handler {
	return traced{t.Handler.WithGroup(name)}
}
