// Package httpapi is the public HTTP API: the only place that knows gin, the
// client's parameters and its JSON. It keeps what the phone client insists on:
// HTTP status 200 on every answer below /douyin, both slash forms of every path
// and no redirects, all fields in every body, also in a refusal.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/media"
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

// Accounts is what the user service is asked for.
type Accounts interface {
	Register(ctx context.Context, in *userv1.RegisterRequest, opts ...grpc.CallOption) (*userv1.RegisterResponse, error)
	Login(ctx context.Context, in *userv1.LoginRequest, opts ...grpc.CallOption) (*userv1.LoginResponse, error)
}

// Composed are the objects that the client shows, put together.
type Composed interface {
	Feed(ctx context.Context, beforeMS int64) (*compose.Page, error)
	User(ctx context.Context, id int64) (compose.User, error)
	Works(ctx context.Context, authorID int64) ([]compose.Video, error)
	Forget()
}

// Tokens signs and verifies.
type Tokens interface {
	Sign(who token.Identity) (string, error)
	Verify(raw string) (token.Identity, error)
}

var (
	_ Accounts = userv1.UserServiceClient(nil)
	_ Composed = (*compose.Composer)(nil)
	_ Tokens   = (*token.Issuer)(nil)
)

// Deps is all that the API stands on.
type Deps struct {
	Log      *slog.Logger
	Tracer   trace.Tracer
	Tokens   Tokens
	Accounts Accounts
	Composed Composed
	Uploads  *Uploads
	Media    http.Handler // everything below media.Prefix
	Ready    *Readiness
	Language Language // of a client that states no wish
	Clock    func() time.Time
}

type api struct {
	Deps
	firstPage encodedPage
}

// access says what an endpoint makes of the token parameter.
type access int

const (
	tokenUnused   access = iota // register and login make tokens
	tokenOptional               // public reading: a guest, or a bad token, sees what everybody sees
	tokenInForm                 // required; comes with the upload, so the handler checks it
)

// route is one endpoint of the client API.
type route struct {
	method string
	path   string // without the slash at its end; both forms are served
	access access
	empty  func() reply // the shape of a refusal
	serve  func(*exchange) (reply, error)
}

// routes is the whole client API.
func (a *api) routes() []route {
	return []route{
		{http.MethodGet, "/douyin/feed", tokenOptional, emptyFeed, a.feed},
		{http.MethodPost, "/douyin/user/register", tokenUnused, emptySession, a.register},
		{http.MethodPost, "/douyin/user/login", tokenUnused, emptySession, a.login},
		{http.MethodGet, "/douyin/user", tokenOptional, emptyUser, a.user},
		{http.MethodPost, "/douyin/publish/action", tokenInForm, emptyStatus, a.publish},
		{http.MethodGet, "/douyin/publish/list", tokenOptional, emptyVideos, a.publishList},
	}
}

// clientPrefix is where the client API lives; below it every answer has the
// HTTP status 200.
const clientPrefix = "/douyin"

// New builds the handler of the public listener.
func New(d Deps) http.Handler {
	a := &api{Deps: d}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	// After a redirect a phone repeats a POST as a GET.
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	// The user types the base address into the app, with or without a slash at
	// its end, so "//douyin/feed" happens.
	engine.RemoveExtraSlash = true
	engine.HandleMethodNotAllowed = true
	engine.ForwardedByClientIP = false

	byPath := map[string]route{}
	for _, rt := range a.routes() {
		byPath[rt.path] = rt
		for _, path := range []string{rt.path, rt.path + "/"} {
			engine.Handle(rt.method, path, a.handle(rt))
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		engine.Handle(method, media.Prefix+"*path", a.observe("media", a.Media))
		engine.Handle(method, "/healthz", a.observe("healthz", http.HandlerFunc(alive)))
		engine.Handle(method, "/readyz", a.observe("readyz", a.Ready))
	}
	stray := a.stray(byPath)
	engine.NoRoute(stray)
	engine.NoMethod(stray)
	return engine
}

// stray answers what no route takes: below /douyin like any other refusal,
// elsewhere with the HTTP status that fits.
func (a *api) stray(byPath map[string]route) gin.HandlerFunc {
	unknown := a.handle(route{path: "unknown", empty: emptyStatus, serve: refuse(errRouteUnknown)})
	unsuited := make(map[string]gin.HandlerFunc, len(byPath))
	for path, rt := range byPath {
		rt.access, rt.serve = tokenUnused, refuse(errMethodUnsuited)
		unsuited[path] = a.handle(rt)
	}
	return func(c *gin.Context) {
		path := "/" + strings.Trim(c.Request.URL.Path, "/")
		switch known, ok := unsuited[path]; {
		case ok:
			known(c)
		case path == clientPrefix || strings.HasPrefix(path, clientPrefix+"/"):
			unknown(c)
		default:
			a.observe("unknown", http.HandlerFunc(notHere))(c)
		}
	}
}

func refuse(err error) func(*exchange) (reply, error) {
	return func(*exchange) (reply, error) { return nil, err }
}
