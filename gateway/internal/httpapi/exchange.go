package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var (
	errRouteUnknown   = errs.New(errs.NotFound, "ROUTE_UNKNOWN", "there is no such endpoint")
	errMethodUnsuited = errs.New(errs.Invalid, "METHOD_UNSUITED", "the endpoint does not take this method")
)

// exchange is one request on its way through the API.
type exchange struct {
	api    *api
	route  route
	c      *gin.Context
	ctx    context.Context // ends when the client leaves
	body   *guardedBody
	params params         // not filled for tokenInForm
	viewer token.Identity // from the token alone, never from another parameter
}

// handle leads a request through parameters, token, handler and answer.
func (a *api) handle(rt route) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		ctx, span := a.Tracer.Start(c.Request.Context(), rt.path, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		x := &exchange{api: a, route: rt, c: c, ctx: ctx, body: guard(c.Writer, c.Request)}
		r, err := x.serve()
		row := x.respond(r, err)
		a.logAnswer(ctx, x, row, err, time.Since(start))
		span.SetAttributes(attribute.Int("douyin.status_code", int(row.code)))
		if isFault(err) {
			span.SetStatus(codes.Error, errs.CodeOf(err).String())
		}
	}
}

// serve runs the handler. A panic is a fault like any other: its stack goes to
// the log and never to the client.
func (x *exchange) serve() (r reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			x.api.Log.ErrorContext(x.ctx, "panic", "route", x.route.path, "cause", fmt.Sprint(p), "stack", string(debug.Stack()))
			r, err = nil, &errs.Error{Code: errs.Internal, Op: "httpapi.serve", Cause: fmt.Errorf("panic: %v", p)}
		}
	}()
	if x.route.access != tokenInForm {
		if x.params, err = readParams(x.c.Request); err != nil {
			return nil, err
		}
	}
	switch x.route.access {
	case tokenOptional:
		err = x.identify()
	case tokenRequired:
		x.viewer, err = x.authenticate(x.params)
	case tokenUnused, tokenInForm:
	}
	if err != nil {
		return nil, err
	}
	return x.route.serve(x)
}

// isFault tells what somebody has to look at from what a client did wrong.
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

// logAnswer writes the one line of a request. Nothing in it comes from the
// client: neither query strings, which hold tokens and passwords, nor paths.
func (a *api) logAnswer(ctx context.Context, x *exchange, row answer, err error, took time.Duration) {
	level := slog.LevelInfo
	if isFault(err) && x.c.Request.Context().Err() == nil { // a client that left broke its own calls
		level = slog.LevelError
	}
	if !a.Log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", knownMethod(x.c.Request.Method)),
		slog.String("route", x.route.path),
		slog.Int("status_code", int(row.code)),
		slog.Int64("user", x.viewer.UserID),
		slog.Int64("in", x.body.read),
		slog.Int("out", x.c.Writer.Size()),
		slog.Duration("took", took),
	}
	if err != nil {
		attrs = append(attrs, slog.String("reason", errs.ReasonOf(err)), slog.String("error", err.Error()))
	}
	a.Log.LogAttrs(ctx, level, "request", attrs...)
}

// observe logs and traces what is no client endpoint. Probes come every second
// and are logged only when they fail.
func (a *api) observe(name string, next http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		ctx, span := a.Tracer.Start(c.Request.Context(), "/"+name, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		body := guard(c.Writer, c.Request)
		defer func() {
			if p := recover(); p != nil {
				a.Log.ErrorContext(ctx, "panic", "route", name, "cause", fmt.Sprint(p), "stack", string(debug.Stack()))
				if !c.Writer.Written() {
					http.Error(c.Writer, "internal error", http.StatusInternalServerError)
				}
			}
			status := c.Writer.Status()
			if name == "media" || status >= http.StatusInternalServerError {
				a.Log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("method", knownMethod(c.Request.Method)), slog.String("route", name),
					slog.Int("http_status", status), slog.Int64("in", body.read), slog.Int("out", c.Writer.Size()), slog.Duration("took", time.Since(start)))
			}
		}()
		next.ServeHTTP(c.Writer, c.Request.WithContext(ctx))
	}
}

// knownMethod keeps words of the client's out of the log.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

func notHere(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "not here", http.StatusMethodNotAllowed)
		return
	}
	http.Error(w, "not found", http.StatusNotFound)
}
