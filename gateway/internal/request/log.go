package request

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// LogMode says which requests get a log line.
type LogMode string

// The log modes.
const (
	LogAll    LogMode = "all"
	LogErrors LogMode = "errors" // faults of the server only
	LogOff    LogMode = "off"
)

// Valid reports whether the mode is one of the log modes.
func (m LogMode) Valid() bool { return m == LogAll || m == LogErrors || m == LogOff }

// isFault separates faults, which an operator has to look at, from refusals,
// which are the client's own doing.
func isFault(err error) bool {
	if err == nil {
		return false
	}
	switch errs.CodeOf(err) {
	case errs.Internal, errs.Unavailable, errs.Timeout:
		return true
	}
	return false
}

// logAnswer writes the one line of a request. No text of the client gets into it:
// neither query strings, which hold tokens and passwords, nor paths.
func (p *Pipeline) logAnswer(r *Request, w gin.ResponseWriter, route string, row answer, err error, took time.Duration) {
	level := slog.LevelInfo
	if isFault(err) && r.HTTP.Context().Err() == nil { // a client that disconnects breaks its own calls
		level = slog.LevelError
	}
	if p.LogRequests == LogOff || (p.LogRequests == LogErrors && level != slog.LevelError) || !p.Log.Enabled(r.ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 9)
	attrs = append(attrs,
		slog.String("method", knownMethod(r.HTTP.Method)),
		slog.String("route", route),
		slog.Int("status_code", int(row.code)),
		slog.Int64("user", r.Viewer.UserID),
		slog.Duration("duration", took),
		slog.Int64("in", r.body.read),
		slog.Int("out", w.Size()),
	)
	if err != nil {
		attrs = append(attrs, slog.String("reason", errs.ReasonOf(err)), slog.String("error", err.Error()))
	}
	p.Log.LogAttrs(r.ctx, level, "request", attrs...)
}

// logObserved writes the line of a request outside the client API. Probes come
// every second, so only failed ones are logged.
func (p *Pipeline) logObserved(ctx context.Context, name string, c *gin.Context, in int64, took time.Duration) {
	status := c.Writer.Status()
	failed := status >= http.StatusInternalServerError
	if p.LogRequests == LogOff || (!failed && (p.LogRequests == LogErrors || name != "media")) {
		return
	}
	p.Log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("method", knownMethod(c.Request.Method)), slog.String("route", name),
		slog.Int("http_status", status), slog.Duration("duration", took), slog.Int64("in", in), slog.Int("out", c.Writer.Size()))
}

// knownMethod keeps invented methods out of the log.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
