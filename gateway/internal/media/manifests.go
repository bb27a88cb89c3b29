package media

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"
	"google.golang.org/grpc"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

const (
	maxManifests = 20_000
	// A video that was taken down may be served this long from memory.
	manifestAge = time.Minute
)

// errMissing is what cannot be found, or must not be.
var errMissing = errs.New(errs.NotFound, "MEDIA_UNKNOWN", "not found")

// Videos is what the video service is asked for.
type Videos interface {
	GetVideos(ctx context.Context, in *videov1.GetVideosRequest, opts ...grpc.CallOption) (*videov1.GetVideosResponse, error)
}

var _ Videos = videov1.VideoServiceClient(nil)

type objectName struct {
	videoID  int64
	revision string
	cover    bool // else the video itself
}

// manifests finds the object behind an address and keeps it for a while: a
// player asks for one video in many ranges.
type manifests struct {
	videos Videos
	kept   *otter.Cache[objectName, objectstore.Manifest]
}

func newManifests(videos Videos) (*manifests, error) {
	kept, err := otter.New(&otter.Options[objectName, objectstore.Manifest]{
		MaximumSize:      maxManifests,
		ExpiryCalculator: otter.ExpiryWriting[objectName, objectstore.Manifest](manifestAge),
	})
	if err != nil {
		return nil, err
	}
	return &manifests{videos: videos, kept: kept}, nil
}

func (m *manifests) close() { m.kept.StopAllGoroutines() }

// get returns the manifest, or errMissing where the video is unknown or has no
// such revision.
func (m *manifests) get(ctx context.Context, name objectName) (objectstore.Manifest, error) {
	return m.kept.Get(ctx, name, otter.LoaderFunc[objectName, objectstore.Manifest](func(ctx context.Context, name objectName) (objectstore.Manifest, error) {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return m.load(detached, name)
	}))
}

func (m *manifests) load(ctx context.Context, name objectName) (objectstore.Manifest, error) {
	answer, err := m.videos.GetVideos(ctx, &videov1.GetVideosRequest{VideoIds: []int64{name.videoID}})
	if err != nil {
		return objectstore.Manifest{}, err
	}
	if len(answer.GetVideos()) == 0 {
		return objectstore.Manifest{}, errMissing
	}
	object := answer.GetVideos()[0].GetSource()
	if name.cover {
		object = answer.GetVideos()[0].GetCover()
	}
	if object == nil || compose.Revision(object) != name.revision {
		return objectstore.Manifest{}, errMissing
	}
	return manifestOf(object)
}

func manifestOf(o *videov1.Object) (objectstore.Manifest, error) {
	m := objectstore.Manifest{Key: o.GetKey(), Size: o.GetSize(), PartSize: o.GetPartSize(), ContentType: o.GetContentType()}
	if copy(m.SHA256[:], o.GetSha256()) != len(m.SHA256) || m.PartSize <= 0 || m.Size < 0 || m.Key == "" {
		return m, errs.New(errs.Internal, "MANIFEST_INVALID", "")
	}
	return m, nil
}
