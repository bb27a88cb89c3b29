package httpapi

import (
	"context"
	"net/http"
	"time"

	"google.golang.org/grpc"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Accounts are the calls of the user service that handlers make.
type Accounts interface {
	Register(ctx context.Context, in *userv1.RegisterRequest, opts ...grpc.CallOption) (*userv1.RegisterResponse, error)
	Login(ctx context.Context, in *userv1.LoginRequest, opts ...grpc.CallOption) (*userv1.LoginResponse, error)
	MarkActivitiesRead(ctx context.Context, in *userv1.MarkActivitiesReadRequest, opts ...grpc.CallOption) (*userv1.MarkActivitiesReadResponse, error)
}

// Interactions are the calls of the interaction service that handlers make.
type Interactions interface {
	SetLike(ctx context.Context, in *interactionv1.SetLikeRequest, opts ...grpc.CallOption) (*interactionv1.SetLikeResponse, error)
	DeleteComment(ctx context.Context, in *interactionv1.DeleteCommentRequest, opts ...grpc.CallOption) (*interactionv1.DeleteCommentResponse, error)
}

// Relations are the calls of the relation service that handlers make.
type Relations interface {
	SetFollow(ctx context.Context, in *relationv1.SetFollowRequest, opts ...grpc.CallOption) (*relationv1.SetFollowResponse, error)
}

// Videos are the calls of the video service that handlers make.
type Videos interface {
	GetUpload(ctx context.Context, in *videov1.GetUploadRequest, opts ...grpc.CallOption) (*videov1.GetUploadResponse, error)
	AbortUpload(ctx context.Context, in *videov1.AbortUploadRequest, opts ...grpc.CallOption) (*videov1.AbortUploadResponse, error)
	DeleteVideo(ctx context.Context, in *videov1.DeleteVideoRequest, opts ...grpc.CallOption) (*videov1.DeleteVideoResponse, error)
}

// Chats are the calls of the chat service that handlers make.
type Chats interface {
	Send(ctx context.Context, in *chatv1.SendRequest, opts ...grpc.CallOption) (*chatv1.SendResponse, error)
	History(ctx context.Context, in *chatv1.HistoryRequest, opts ...grpc.CallOption) (*chatv1.HistoryResponse, error)
}

// Signer makes tokens.
type Signer interface {
	Sign(who token.Identity) (string, error)
}

var (
	_ Accounts     = userv1.UserServiceClient(nil)
	_ Interactions = interactionv1.InteractionServiceClient(nil)
	_ Relations    = relationv1.RelationServiceClient(nil)
	_ Videos       = videov1.VideoServiceClient(nil)
	_ Chats        = chatv1.ChatServiceClient(nil)
	_ Signer       = (*token.Issuer)(nil)
)

// Deps are the parts that the API uses.
type Deps struct {
	Pipeline     request.Pipeline
	Tokens       Signer
	Accounts     Accounts
	Interactions Interactions
	Relations    Relations
	Chats        Chats
	Videos       Videos
	Composer     *compose.Composer
	Uploads      *upload.Receiver
	Direct       *upload.Direct // nil: clients cannot reach the object store
	Media        http.Handler   // everything below media.Prefix
	Ready        http.Handler
	Clock        func() time.Time
}

type api struct {
	Deps
	firstPage encodedPage
}
