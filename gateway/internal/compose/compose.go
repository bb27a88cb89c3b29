package compose

import (
	"context"
	"time"

	"google.golang.org/grpc"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// Users is what the user service is asked for.
type Users interface {
	GetProfiles(ctx context.Context, in *userv1.GetProfilesRequest, opts ...grpc.CallOption) (*userv1.GetProfilesResponse, error)
}

// Videos is what the video service is asked for.
type Videos interface {
	Feed(ctx context.Context, in *videov1.FeedRequest, opts ...grpc.CallOption) (*videov1.FeedResponse, error)
	ListByAuthor(ctx context.Context, in *videov1.ListByAuthorRequest, opts ...grpc.CallOption) (*videov1.ListByAuthorResponse, error)
	CountWorks(ctx context.Context, in *videov1.CountWorksRequest, opts ...grpc.CallOption) (*videov1.CountWorksResponse, error)
}

// Hot reads hot documents of several kinds at once.
type Hot interface {
	Snapshot(ctx context.Context, keys ...string) hotstate.Snapshot
}

var (
	_ Users  = userv1.UserServiceClient(nil)
	_ Videos = videov1.VideoServiceClient(nil)
	_ Hot    = (*hotstate.Store)(nil)
)

// maxAge of copies in the process: what the feed shows may be a second old.
const maxAge = time.Second

// Options of a Composer.
type Options struct {
	Users  Users
	Videos Videos
	Hot    Hot
	Links  Links
}

// Composer makes the client's objects. It is safe for concurrent use.
type Composer struct {
	users  Users
	videos Videos
	hot    Hot
	links  Links
	cards  *cards
	head   *recent[*head]
}

// New makes a Composer. Close ends it.
func New(o Options) (*Composer, error) {
	cards, err := newCards(o.Users, o.Videos, maxAge)
	if err != nil {
		return nil, err
	}
	c := &Composer{users: o.Users, videos: o.Videos, hot: o.Hot, links: o.Links, cards: cards}
	c.head = &recent[*head]{age: maxAge, load: c.loadHead}
	return c, nil
}

// Close ends the goroutines of the copies.
func (c *Composer) Close() { c.cards.close() }

// Forget drops the copy of the newest videos: one was published through this
// gateway, and its author is going to look.
func (c *Composer) Forget() { c.head.forget() }
