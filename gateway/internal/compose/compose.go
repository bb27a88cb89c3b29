package compose

import (
	"context"
	"time"

	"google.golang.org/grpc"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// Users is what the user service is asked for.
type Users interface {
	GetProfiles(ctx context.Context, in *userv1.GetProfilesRequest, opts ...grpc.CallOption) (*userv1.GetProfilesResponse, error)
	ListActivities(ctx context.Context, in *userv1.ListActivitiesRequest, opts ...grpc.CallOption) (*userv1.ListActivitiesResponse, error)
}

// Videos is what the video service is asked for.
type Videos interface {
	Feed(ctx context.Context, in *videov1.FeedRequest, opts ...grpc.CallOption) (*videov1.FeedResponse, error)
	ListByAuthor(ctx context.Context, in *videov1.ListByAuthorRequest, opts ...grpc.CallOption) (*videov1.ListByAuthorResponse, error)
	GetVideos(ctx context.Context, in *videov1.GetVideosRequest, opts ...grpc.CallOption) (*videov1.GetVideosResponse, error)
	CountWorks(ctx context.Context, in *videov1.CountWorksRequest, opts ...grpc.CallOption) (*videov1.CountWorksResponse, error)
}

// Interactions is what the interaction service is asked for.
type Interactions interface {
	PostComment(ctx context.Context, in *interactionv1.PostCommentRequest, opts ...grpc.CallOption) (*interactionv1.PostCommentResponse, error)
	ListComments(ctx context.Context, in *interactionv1.ListCommentsRequest, opts ...grpc.CallOption) (*interactionv1.ListCommentsResponse, error)
	ListLiked(ctx context.Context, in *interactionv1.ListLikedRequest, opts ...grpc.CallOption) (*interactionv1.ListLikedResponse, error)
	Lookup(ctx context.Context, in *interactionv1.LookupRequest, opts ...grpc.CallOption) (*interactionv1.LookupResponse, error)
	GetLikeSet(ctx context.Context, in *interactionv1.GetLikeSetRequest, opts ...grpc.CallOption) (*interactionv1.GetLikeSetResponse, error)
}

// Relations is what the relation service is asked for.
type Relations interface {
	ListFollows(ctx context.Context, in *relationv1.ListRequest, opts ...grpc.CallOption) (*relationv1.ListResponse, error)
	ListFollowers(ctx context.Context, in *relationv1.ListRequest, opts ...grpc.CallOption) (*relationv1.ListResponse, error)
	ListFriends(ctx context.Context, in *relationv1.ListRequest, opts ...grpc.CallOption) (*relationv1.ListResponse, error)
	Lookup(ctx context.Context, in *relationv1.LookupRequest, opts ...grpc.CallOption) (*relationv1.LookupResponse, error)
	GetFollowSet(ctx context.Context, in *relationv1.GetFollowSetRequest, opts ...grpc.CallOption) (*relationv1.GetFollowSetResponse, error)
}

// Chats is what the chat service is asked for.
type Chats interface {
	Poll(ctx context.Context, in *chatv1.PollRequest, opts ...grpc.CallOption) (*chatv1.PollResponse, error)
	LatestByPeer(ctx context.Context, in *chatv1.LatestByPeerRequest, opts ...grpc.CallOption) (*chatv1.LatestByPeerResponse, error)
}

// Hot reads hot documents of several kinds at once.
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

// maxAge of copies in the process: what the feed shows may be a second old.
const maxAge = time.Second

// Options of a Composer.
type Options struct {
	Users        Users
	Videos       Videos
	Interactions Interactions
	Relations    Relations
	Chats        Chats
	Hot          Hot
	Links        Links
}

// Composer makes the client's objects. It is safe for concurrent use.
type Composer struct {
	users        Users
	videos       Videos
	interactions Interactions
	relations    Relations
	chats        Chats
	hot          Hot
	links        Links
	cards        *cards
	head         *recent[*head]
}

// New makes a Composer. Close ends it.
func New(o Options) (*Composer, error) {
	c := &Composer{
		users: o.Users, videos: o.Videos, interactions: o.Interactions, relations: o.Relations, chats: o.Chats,
		hot: o.Hot, links: o.Links,
	}
	var err error
	if c.cards, err = newCards(c, maxAge); err != nil {
		return nil, err
	}
	c.head = &recent[*head]{age: maxAge, load: c.loadHead}
	return c, nil
}

// Close ends the goroutines of the copies.
func (c *Composer) Close() { c.cards.close() }

// Forget drops the copy of the newest videos: one was deleted through this
// gateway, and its author is going to look. (What gets ready does so elsewhere,
// and is seen when the copy is a second old.)
func (c *Composer) Forget() { c.head.forget() }
