package compose

import (
	"context"

	"google.golang.org/grpc"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// Users are the calls of the user service that composing needs.
type Users interface {
	GetProfiles(ctx context.Context, in *userv1.GetProfilesRequest, opts ...grpc.CallOption) (*userv1.GetProfilesResponse, error)
	ListActivities(ctx context.Context, in *userv1.ListActivitiesRequest, opts ...grpc.CallOption) (*userv1.ListActivitiesResponse, error)
}

// Videos are the calls of the video service that composing needs.
type Videos interface {
	Feed(ctx context.Context, in *videov1.FeedRequest, opts ...grpc.CallOption) (*videov1.FeedResponse, error)
	ListByAuthor(ctx context.Context, in *videov1.ListByAuthorRequest, opts ...grpc.CallOption) (*videov1.ListByAuthorResponse, error)
	GetVideos(ctx context.Context, in *videov1.GetVideosRequest, opts ...grpc.CallOption) (*videov1.GetVideosResponse, error)
	FindMissing(ctx context.Context, in *videov1.FindMissingRequest, opts ...grpc.CallOption) (*videov1.FindMissingResponse, error)
	CountWorks(ctx context.Context, in *videov1.CountWorksRequest, opts ...grpc.CallOption) (*videov1.CountWorksResponse, error)
}

// Interactions are the calls of the interaction service that composing needs.
type Interactions interface {
	PostComment(ctx context.Context, in *interactionv1.PostCommentRequest, opts ...grpc.CallOption) (*interactionv1.PostCommentResponse, error)
	ListComments(ctx context.Context, in *interactionv1.ListCommentsRequest, opts ...grpc.CallOption) (*interactionv1.ListCommentsResponse, error)
	ListLiked(ctx context.Context, in *interactionv1.ListLikedRequest, opts ...grpc.CallOption) (*interactionv1.ListLikedResponse, error)
	Lookup(ctx context.Context, in *interactionv1.LookupRequest, opts ...grpc.CallOption) (*interactionv1.LookupResponse, error)
	GetLikeSet(ctx context.Context, in *interactionv1.GetLikeSetRequest, opts ...grpc.CallOption) (*interactionv1.GetLikeSetResponse, error)
}

// Relations are the calls of the relation service that composing needs.
type Relations interface {
	ListFollows(ctx context.Context, in *relationv1.ListRequest, opts ...grpc.CallOption) (*relationv1.ListResponse, error)
	ListFollowers(ctx context.Context, in *relationv1.ListRequest, opts ...grpc.CallOption) (*relationv1.ListResponse, error)
	ListFriends(ctx context.Context, in *relationv1.ListRequest, opts ...grpc.CallOption) (*relationv1.ListResponse, error)
	Lookup(ctx context.Context, in *relationv1.LookupRequest, opts ...grpc.CallOption) (*relationv1.LookupResponse, error)
	GetFollowSet(ctx context.Context, in *relationv1.GetFollowSetRequest, opts ...grpc.CallOption) (*relationv1.GetFollowSetResponse, error)
}

// Chats are the calls of the chat service that composing needs.
type Chats interface {
	Poll(ctx context.Context, in *chatv1.PollRequest, opts ...grpc.CallOption) (*chatv1.PollResponse, error)
	LatestByPeer(ctx context.Context, in *chatv1.LatestByPeerRequest, opts ...grpc.CallOption) (*chatv1.LatestByPeerResponse, error)
}

// Hot reads several hot documents at once.
type Hot interface {
	Snapshot(ctx context.Context, keys ...string) hotstate.Snapshot
}

var (
	_ Users        = userv1.UserServiceClient(nil)
	_ Videos       = videov1.VideoServiceClient(nil)
	_ Interactions = interactionv1.InteractionServiceClient(nil)
	_ Relations    = relationv1.RelationServiceClient(nil)
	_ Chats        = chatv1.ChatServiceClient(nil)
	_ Hot          = (*hotstate.Store)(nil)
)

// peers are the services and the hot documents behind a Composer.
type peers struct {
	users        Users
	videos       Videos
	interactions Interactions
	relations    Relations
	chats        Chats
	hot          Hot
}
