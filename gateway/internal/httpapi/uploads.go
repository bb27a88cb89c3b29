package httpapi

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// UploadVideos is what the video service is asked for during an upload.
type UploadVideos interface {
	GetUpload(ctx context.Context, in *videov1.GetUploadRequest, opts ...grpc.CallOption) (*videov1.GetUploadResponse, error)
	BeginUpload(ctx context.Context, in *videov1.BeginUploadRequest, opts ...grpc.CallOption) (*videov1.BeginUploadResponse, error)
	CommitUpload(ctx context.Context, in *videov1.CommitUploadRequest, opts ...grpc.CallOption) (*videov1.CommitUploadResponse, error)
	AbortUpload(ctx context.Context, in *videov1.AbortUploadRequest, opts ...grpc.CallOption) (*videov1.AbortUploadResponse, error)
}

// ObjectWriter streams an object into the store. When it fails it has deleted
// what it wrote.
type ObjectWriter interface {
	Write(ctx context.Context, key string, partSize, limit int64, r io.Reader) (objectstore.Manifest, error)
}

var (
	_ UploadVideos = videov1.VideoServiceClient(nil)
	_ ObjectWriter = (*objectstore.Store)(nil)
)

// UploadLimits keep uploads from using up memory, disk and time.
type UploadLimits struct {
	MaxBytes int64         // of one video
	AtOnce   int           // uploads being written; as many again may be spooled
	PerUser  int           // of them, by one user
	Wait     time.Duration // how long an upload waits for its turn before it is refused
	TempDir  string        // for uploads whose token comes after the file; "" is the system's
}

// doorsPerUpload: requests in the handler for each upload that may be written.
// The others wait for their turn or send their fields.
const doorsPerUpload = 5

var errUploadsTooMany = errs.New(errs.Exhausted, "UPLOADS_TOO_MANY", "too many uploads at once")

// Uploads receives videos. An upload takes a door when it comes, a spool if it
// has to wait for its token on disk, and then a turn of its user's and one of
// the gateway's, always in this order, so that no two wait for each other.
type Uploads struct {
	videos  UploadVideos
	objects ObjectWriter
	limits  UploadLimits
	log     *slog.Logger

	doors, spools, turns turns

	mu     sync.Mutex
	byUser map[int64]*userTurns
}

// userTurns live as long as somebody uses or awaits them.
type userTurns struct {
	turns turns
	users int
}

// NewUploads makes the receiver.
func NewUploads(videos UploadVideos, objects ObjectWriter, limits UploadLimits, log *slog.Logger) *Uploads {
	return &Uploads{videos: videos, objects: objects, limits: limits, log: log,
		doors: make(turns, limits.AtOnce*doorsPerUpload), spools: make(turns, limits.AtOnce), turns: make(turns, limits.AtOnce),
		byUser: map[int64]*userTurns{}}
}

// turns is a number of places.
type turns chan struct{}

// take waits for a place, at most for the given time. The function it returns
// gives the place back.
func (t turns) take(ctx context.Context, wait time.Duration) (func(), error) {
	give := func() { <-t }
	select {
	case t <- struct{}{}:
		return give, nil
	default:
	}
	if wait <= 0 {
		return nil, errUploadsTooMany
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case t <- struct{}{}:
		return give, nil
	case <-timer.C:
		return nil, errUploadsTooMany
	case <-ctx.Done():
		return nil, errInterrupted.WithCause(ctx.Err())
	}
}

// takeOf waits for one of a user's own places.
func (u *Uploads) takeOf(ctx context.Context, userID int64) (func(), error) {
	u.mu.Lock()
	own := u.byUser[userID]
	if own == nil {
		own = &userTurns{turns: make(turns, u.limits.PerUser)}
		u.byUser[userID] = own
	}
	own.users++
	u.mu.Unlock()
	leave := func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(u.byUser, userID)
		}
	}
	give, err := own.turns.take(ctx, u.limits.Wait)
	if err != nil {
		leave()
		return nil, err
	}
	return func() { give(); leave() }, nil
}
