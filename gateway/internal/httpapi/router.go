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
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Accounts is what the user service is asked for.
type Accounts interface {
	Register(ctx context.Context, in *userv1.RegisterRequest, opts ...grpc.CallOption) (*userv1.RegisterResponse, error)
	Login(ctx context.Context, in *userv1.LoginRequest, opts ...grpc.CallOption) (*userv1.LoginResponse, error)
	MarkActivitiesRead(ctx context.Context, in *userv1.MarkActivitiesReadRequest, opts ...grpc.CallOption) (*userv1.MarkActivitiesReadResponse, error)
}

// Interactions is what the interaction service is asked for.
type Interactions interface {
	SetLike(ctx context.Context, in *interactionv1.SetLikeRequest, opts ...grpc.CallOption) (*interactionv1.SetLikeResponse, error)
	DeleteComment(ctx context.Context, in *interactionv1.DeleteCommentRequest, opts ...grpc.CallOption) (*interactionv1.DeleteCommentResponse, error)
}

// Relations is what the relation service is asked for.
type Relations interface {
	SetFollow(ctx context.Context, in *relationv1.SetFollowRequest, opts ...grpc.CallOption) (*relationv1.SetFollowResponse, error)
}

// Videos is what the video service is asked for about one video.
type Videos interface {
	GetUpload(ctx context.Context, in *videov1.GetUploadRequest, opts ...grpc.CallOption) (*videov1.GetUploadResponse, error)
	AbortUpload(ctx context.Context, in *videov1.AbortUploadRequest, opts ...grpc.CallOption) (*videov1.AbortUploadResponse, error)
	DeleteVideo(ctx context.Context, in *videov1.DeleteVideoRequest, opts ...grpc.CallOption) (*videov1.DeleteVideoResponse, error)
}

// Chats is what the chat service is asked for.
type Chats interface {
	Send(ctx context.Context, in *chatv1.SendRequest, opts ...grpc.CallOption) (*chatv1.SendResponse, error)
}

// Composed are the objects that the client shows, put together, as a viewer (0:
// nobody) sees them.
type Composed interface {
	FeedFor(ctx context.Context, viewerID, beforeMS int64) (*compose.Page, error)
	Forget()
	User(ctx context.Context, viewerID, id int64) (compose.User, error)
	Status(ctx context.Context, viewerID, videoID int64) (compose.Status, error)
	Works(ctx context.Context, viewerID, authorID, beforeMS int64, limit int32) (compose.List[compose.Video], error)
	ComposedLists
	Poll(ctx context.Context, viewerID int64, sessionID string, peerID, sinceMS int64) ([]*chatv1.Message, error)
}

// ComposedLists are the lists that may have several parts.
type ComposedLists interface {
	Liked(ctx context.Context, viewerID, userID int64, page compose.PageRequest) (compose.List[compose.Video], error)
	PostComment(ctx context.Context, in *interactionv1.PostCommentRequest) (compose.Comment, error)
	Comments(ctx context.Context, viewerID, videoID, beforeID int64, limit int32) (compose.List[compose.Comment], error)
	Related(ctx context.Context, which compose.Relation, viewerID, userID int64, page compose.PageRequest) (compose.List[compose.User], error)
	Notifications(ctx context.Context, viewerID, beforeID int64, limit int32) (compose.Notifications, error)
	Friends(ctx context.Context, viewerID, userID int64, page compose.PageRequest) (compose.List[compose.Friend], error)
}

// Tokens signs and verifies.
type Tokens interface {
	Sign(who token.Identity) (string, error)
	Verify(raw string) (token.Identity, error)
}

var (
	_ Accounts     = userv1.UserServiceClient(nil)
	_ Interactions = interactionv1.InteractionServiceClient(nil)
	_ Relations    = relationv1.RelationServiceClient(nil)
	_ Videos       = videov1.VideoServiceClient(nil)
	_ Chats        = chatv1.ChatServiceClient(nil)
	_ Composed     = (*compose.Composer)(nil)
	_ Tokens       = (*token.Issuer)(nil)
)

// Deps is all that the API stands on.
type Deps struct {
	Log          *slog.Logger
	Tracer       trace.Tracer
	Tokens       Tokens
	Accounts     Accounts
	Interactions Interactions
	Relations    Relations
	Chats        Chats
	Videos       Videos
	Composed     Composed
	Uploads      *Uploads
	Direct       *Direct      // nil: clients cannot reach the object store themselves
	Media        http.Handler // everything below media.Prefix
	Ready        *Readiness
	Language     Language // of a client that states no wish
	Clock        func() time.Time
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
	tokenRequired               // refused without a user
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
		{http.MethodPost, "/douyin/publish/action", tokenInForm, emptyPublished, a.publish},
		{http.MethodGet, "/douyin/publish/list", tokenOptional, emptyVideos, a.publishList},
		{http.MethodPost, "/douyin/favorite/action", tokenRequired, emptyStatus, a.favorite},
		{http.MethodGet, "/douyin/favorite/list", tokenOptional, emptyVideos, a.favoriteList},
		{http.MethodPost, "/douyin/comment/action", tokenRequired, emptyComment, a.commentAction},
		{http.MethodGet, "/douyin/comment/list", tokenOptional, emptyComments, a.commentList},
		{http.MethodPost, "/douyin/relation/action", tokenRequired, emptyStatus, a.follow},
		{http.MethodGet, "/douyin/relation/follow/list", tokenOptional, emptyUsers, a.followList},
		{http.MethodGet, "/douyin/relation/follower/list", tokenOptional, emptyUsers, a.followerList},
		// An error on each of the many polls of a logged-out client would show on
		// its screen, so these two answer a guest with nothing.
		{http.MethodGet, "/douyin/relation/friend/list", tokenOptional, emptyFriends, a.friendList},
		{http.MethodPost, "/douyin/message/action", tokenRequired, emptyStatus, a.sendMessage},
		{http.MethodGet, "/douyin/message/chat", tokenOptional, emptyMessages, a.chat},

		// Beyond the old client.
		{http.MethodGet, "/douyin/notification/list", tokenRequired, emptyNotifications, a.notificationList},
		{http.MethodPost, "/douyin/notification/read", tokenRequired, emptyUnread, a.notificationRead},
		{http.MethodGet, "/douyin/publish/status", tokenOptional, emptyProgress, a.publishStatus},
		{http.MethodPost, "/douyin/publish/begin", tokenRequired, emptyBegun, a.publishBegin},
		{http.MethodPost, "/douyin/publish/complete", tokenRequired, emptyPublished, a.publishComplete},
		{http.MethodPost, "/douyin/publish/delete", tokenRequired, emptyStatus, a.publishDelete},
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
	engine.Handle(http.MethodOptions, media.Prefix+"*path", a.observe("media", a.Media)) // browsers ask before they read
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
