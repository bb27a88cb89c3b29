// Package httpapi is the public HTTP API: the route table and the handlers, one
// file per noun. Every path works with and without a slash at its end, and nothing
// redirects, because the phone client insists on both.
package httpapi

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/douyin-on-dapr/douyin/gateway/internal/httpserver"
	"github.com/douyin-on-dapr/douyin/gateway/internal/media"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// route is one endpoint of the client API.
type route struct {
	method string
	path   string // without the slash at its end; both forms are served
	access request.Access
	empty  func() request.Reply // the body of a refusal
	serve  func(*request.Request) (request.Reply, error)
}

func (rt route) endpoint() request.Endpoint {
	return request.Endpoint{Route: rt.path, Access: rt.access, Empty: rt.empty, Serve: rt.serve}
}

// routes is the whole client API.
func (a *api) routes() []route {
	return []route{
		{http.MethodGet, "/douyin/feed", request.TokenOptional, emptyFeed, a.feed},
		{http.MethodPost, "/douyin/user/register", request.TokenUnused, emptySession, a.register},
		{http.MethodPost, "/douyin/user/login", request.TokenUnused, emptySession, a.login},
		{http.MethodGet, "/douyin/user", request.TokenOptional, emptyUser, a.user},
		{http.MethodPost, "/douyin/publish/action", request.TokenInForm, emptyPublished, a.publish},
		{http.MethodGet, "/douyin/publish/list", request.TokenOptional, emptyVideos, a.publishList},
		{http.MethodPost, "/douyin/favorite/action", request.TokenRequired, emptyStatus, a.favorite},
		{http.MethodGet, "/douyin/favorite/list", request.TokenOptional, emptyVideos, a.favoriteList},
		{http.MethodPost, "/douyin/comment/action", request.TokenRequired, emptyComment, a.commentAction},
		{http.MethodGet, "/douyin/comment/list", request.TokenOptional, emptyComments, a.commentList},
		{http.MethodPost, "/douyin/relation/action", request.TokenRequired, emptyStatus, a.follow},
		{http.MethodGet, "/douyin/relation/follow/list", request.TokenOptional, emptyUsers, a.followList},
		{http.MethodGet, "/douyin/relation/follower/list", request.TokenOptional, emptyUsers, a.followerList},
		// A logged-out client polls friend/list and chat, and would show every error
		// on its screen, so both answer a guest with an empty list.
		{http.MethodGet, "/douyin/relation/friend/list", request.TokenOptional, emptyFriends, a.friendList},
		{http.MethodPost, "/douyin/message/action", request.TokenRequired, emptyStatus, a.sendMessage},
		{http.MethodGet, "/douyin/message/chat", request.TokenOptional, emptyMessages, a.chat},

		// Endpoints that the old client does not use.
		{http.MethodGet, "/douyin/message/history", request.TokenRequired, emptyHistory, a.history},
		{http.MethodGet, "/douyin/notification/list", request.TokenRequired, emptyNotifications, a.notificationList},
		{http.MethodPost, "/douyin/notification/read", request.TokenRequired, emptyUnread, a.notificationRead},
		{http.MethodGet, "/douyin/publish/status", request.TokenOptional, emptyProgress, a.publishStatus},
		{http.MethodPost, "/douyin/publish/begin", request.TokenRequired, emptyInvitation, a.publishBegin},
		{http.MethodPost, "/douyin/publish/complete", request.TokenRequired, emptyPublished, a.publishComplete},
		{http.MethodPost, "/douyin/publish/delete", request.TokenRequired, emptyStatus, a.publishDelete},
	}
}

// clientPrefix begins every path of the client API; below it every answer has the
// HTTP status 200.
const clientPrefix = "/douyin"

var (
	errRouteUnknown   = errs.New(errs.NotFound, "ROUTE_UNKNOWN", "there is no such endpoint")
	errMethodUnsuited = errs.New(errs.Invalid, "METHOD_UNSUITED", "the endpoint does not support this method")
)

// New returns the handler of the public listener.
func New(d Deps) http.Handler {
	a := &api{Deps: d}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	// After a redirect the phone repeats a POST as a GET.
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	// Users type the base address into the app, some with a slash at its end, so
	// "//douyin/feed" occurs.
	engine.RemoveExtraSlash = true
	engine.HandleMethodNotAllowed = true
	engine.ForwardedByClientIP = false

	byPath := map[string]route{}
	for _, rt := range a.routes() {
		byPath[rt.path] = rt
		for _, path := range []string{rt.path, rt.path + "/"} {
			engine.Handle(rt.method, path, a.Pipeline.Handle(rt.endpoint()))
		}
	}
	engine.Handle(http.MethodOptions, media.Prefix+"*path", a.Pipeline.Observe("media", a.Media)) // the preflight request of browsers
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		engine.Handle(method, media.Prefix+"*path", a.Pipeline.Observe("media", a.Media))
		engine.Handle(method, "/healthz", a.Pipeline.Observe("healthz", http.HandlerFunc(httpserver.Alive)))
		engine.Handle(method, "/readyz", a.Pipeline.Observe("readyz", a.Ready))
	}
	notFound := a.notFound(byPath)
	engine.NoRoute(notFound)
	engine.NoMethod(notFound)
	return engine
}

// notFound answers requests without a route: below /douyin as a refusal,
// elsewhere with an HTTP status.
func (a *api) notFound(byPath map[string]route) gin.HandlerFunc {
	unknown := a.Pipeline.Handle(request.Endpoint{Route: "unknown", Empty: emptyStatus, Serve: refuse(errRouteUnknown)})
	wrongMethod := make(map[string]gin.HandlerFunc, len(byPath))
	for path, rt := range byPath {
		rt.access, rt.serve = request.TokenUnused, refuse(errMethodUnsuited)
		wrongMethod[path] = a.Pipeline.Handle(rt.endpoint())
	}
	return func(c *gin.Context) {
		path := "/" + strings.Trim(c.Request.URL.Path, "/")
		switch known, ok := wrongMethod[path]; {
		case ok:
			known(c)
		case path == clientPrefix || strings.HasPrefix(path, clientPrefix+"/"):
			unknown(c)
		default:
			a.Pipeline.Observe("unknown", http.HandlerFunc(outsideAPI))(c)
		}
	}
}

func refuse(err error) func(*request.Request) (request.Reply, error) {
	return func(*request.Request) (request.Reply, error) { return nil, err }
}

func outsideAPI(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	http.Error(w, "not found", http.StatusNotFound)
}
