package request

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/semaphore"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Pipeline takes requests through parameters, token, handler, answer and log.
type Pipeline struct {
	Log         *slog.Logger
	LogRequests LogMode
	Tracer      trace.Tracer
	Tokens      Verifier
	Language    Language // of a client that states no wish

	// Slots bounds the handlers of the client API that run at a time; nil: any
	// number may. A request that finds no slot is refused at once, so that under
	// overload those that are served take no longer than usual. Uploads have limits
	// of their own. A slot is not held while a body is read or an answer is written.
	Slots *semaphore.Weighted
}

var errOverloaded = errs.New(errs.Exhausted, "OVERLOADED", "too many requests at once")

// Handle serves an endpoint of the client API.
func (p *Pipeline) Handle(e Endpoint) gin.HandlerFunc {
	buffers := new(sync.Pool)
	return func(c *gin.Context) {
		start := time.Now()
		ctx, span := p.Tracer.Start(c.Request.Context(), e.Route, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		r := &Request{HTTP: c.Request, ctx: ctx, body: guard(c.Writer, c.Request), tokens: p.Tokens, language: languageOf(c.Request, p.Language), buffers: buffers}
		reply, err := p.serve(e, r)
		if err != nil || reply == nil {
			reply = e.Empty()
		}
		row := r.respond(c.Writer, reply, answerTo(err))
		p.logAnswer(r, c.Writer, e.Route, row, err, time.Since(start))
		span.SetAttributes(attribute.Int("douyin.status_code", int(row.code)))
		if isFault(err) {
			span.SetStatus(codes.Error, errs.CodeOf(err).String())
		}
	}
}

// serve runs the handler. A panic becomes an internal error: its stack goes to
// the log and never to the client.
func (p *Pipeline) serve(e Endpoint, r *Request) (reply Reply, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			p.Log.ErrorContext(r.ctx, "panic", "route", e.Route, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			reply, err = nil, &errs.Error{Code: errs.Internal, Op: "request.serve", Cause: fmt.Errorf("panic: %v", cause)}
		}
	}()
	if e.Access == TokenInForm {
		r.Params = Params{query: parsePairs(r.HTTP.URL.RawQuery)}
	} else if r.Params, err = readParams(r.HTTP); err != nil {
		return nil, err
	}
	switch e.Access {
	case TokenOptional:
		r.Viewer, err = identify(p.Tokens, r.Params)
	case TokenRequired:
		err = r.Authenticate()
	case TokenUnused, TokenInForm:
	}
	if err != nil {
		return nil, err
	}
	if p.Slots != nil && e.Access != TokenInForm {
		if !p.Slots.TryAcquire(1) {
			return nil, errOverloaded
		}
		defer p.Slots.Release(1)
	}
	return e.Serve(r)
}

// Observe logs and traces a handler outside the client API. It keeps the HTTP
// status of the handler.
func (p *Pipeline) Observe(name string, next http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		ctx, span := p.Tracer.Start(c.Request.Context(), "/"+name, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		body := guard(c.Writer, c.Request)
		defer func() {
			if cause := recover(); cause != nil {
				p.Log.ErrorContext(ctx, "panic", "route", name, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
				if !c.Writer.Written() {
					http.Error(c.Writer, "internal error", http.StatusInternalServerError)
				}
			}
			p.logObserved(ctx, name, c, body.read, time.Since(start))
		}()
		next.ServeHTTP(c.Writer, c.Request.WithContext(ctx))
	}
}
