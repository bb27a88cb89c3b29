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

// reasonGone is the object store's answer where bytes should be.
const reasonGone = "OBJECT_MISSING"

// errMissing is what cannot be found, or must not be.
var errMissing = errs.New(errs.NotFound, "MEDIA_UNKNOWN", "not found")

// Videos is what the video service is asked for.
type Videos interface {
	GetVideos(ctx context.Context, in *videov1.GetVideosRequest, opts ...grpc.CallOption) (*videov1.GetVideosResponse, error)
}

var _ Videos = videov1.VideoServiceClient(nil)

// kind is which of a video's objects an address is of.
type kind int

const (
	movie kind = iota // what players get, or what was uploaded
	cover
	index // of the renditions
)

type objectName struct {
	videoID  int64
	revision string
	kind     kind
}

// stored is an object and how long an answer with it may be kept.
type stored struct {
	objectstore.Manifest
	ready bool // its video is
}

// What is behind an address never changes. But what is not ready may never be
// shown to others, and goes when it fails.
const (
	immutable  = "public, max-age=31536000, immutable"
	unfinished = "private, max-age=60"
)

// cacheControl is that of an answer which may be kept as long as wanted.
func (s stored) cacheControl(wanted string) string {
	if s.ready {
		return wanted
	}
	return unfinished
}

// manifests finds the object behind an address and keeps it for a while: a
// player asks for one video in many ranges.
type manifests struct {
	videos Videos
	direct Direct // nil: no object was written by a client
	kept   *otter.Cache[objectName, stored]
	// etags of sources in the store, by key; "" for one that is gone.
	etags *otter.Cache[string, string]
}

func newManifests(videos Videos, direct Direct) (*manifests, error) {
	kept, err := otter.New(&otter.Options[objectName, stored]{
		MaximumSize:      maxManifests,
		ExpiryCalculator: otter.ExpiryWriting[objectName, stored](manifestAge),
	})
	if err != nil {
		return nil, err
	}
	etags, err := otter.New(&otter.Options[string, string]{
		MaximumSize:      maxManifests,
		ExpiryCalculator: otter.ExpiryWriting[string, string](manifestAge),
	})
	if err != nil {
		return nil, err
	}
	return &manifests{videos: videos, direct: direct, kept: kept, etags: etags}, nil
}

func (m *manifests) close() {
	m.kept.StopAllGoroutines()
	m.etags.StopAllGoroutines()
}

// get returns the manifest, or errMissing where the video is unknown or has no
// such revision.
func (m *manifests) get(ctx context.Context, name objectName) (stored, error) {
	return m.kept.Get(ctx, name, otter.LoaderFunc[objectName, stored](func(ctx context.Context, name objectName) (stored, error) {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return m.load(detached, name)
	}))
}

// again is get without what was kept.
func (m *manifests) again(ctx context.Context, name objectName) (stored, error) {
	m.kept.Invalidate(name)
	return m.get(ctx, name)
}

func (m *manifests) load(ctx context.Context, name objectName) (stored, error) {
	answer, err := m.videos.GetVideos(ctx, &videov1.GetVideosRequest{VideoIds: []int64{name.videoID}})
	if err != nil {
		return stored{}, err
	}
	if len(answer.GetVideos()) == 0 || answer.GetVideos()[0].GetState() == videov1.State_STATE_FAILED { // whose objects are gone
		return stored{}, errMissing
	}
	v := answer.GetVideos()[0]
	manifest, err := m.find(ctx, name, v)
	return stored{Manifest: manifest, ready: v.GetState() == videov1.State_STATE_READY}, err
}

// find looks for an object among those of its video.
func (m *manifests) find(ctx context.Context, name objectName, v *videov1.Video) (objectstore.Manifest, error) {
	candidates := []*videov1.Object{v.GetPlay(), v.GetSource()}
	switch name.kind {
	case cover:
		candidates = []*videov1.Object{v.GetCover()}
	case index:
		candidates = []*videov1.Object{v.GetHls()}
	case movie:
	}
	for _, object := range candidates {
		if object != nil && compose.Revision(object) == name.revision {
			return manifestOf(object)
		}
	}
	if name.kind == movie && v.GetState() == videov1.State_STATE_READY {
		return m.former(ctx, name, v.GetSource())
	}
	return objectstore.Manifest{}, errMissing
}

// former finds the source by the address that it had before anybody knew its
// checksum. That address was handed out, and has to go on working. The ETag is
// kept, so that addresses which somebody makes up do not cost a question to the
// store each.
func (m *manifests) former(ctx context.Context, name objectName, source *videov1.Object) (objectstore.Manifest, error) {
	if m.direct == nil || source.GetLayout() != videov1.Layout_LAYOUT_WHOLE {
		return objectstore.Manifest{}, errMissing
	}
	etag, err := m.etags.Get(ctx, source.GetKey(), otter.LoaderFunc[string, string](func(ctx context.Context, key string) (string, error) {
		_, etag, err := m.direct.Stat(ctx, key)
		if errs.CodeOf(err) == errs.NotFound {
			return "", nil
		}
		return etag, err
	}))
	if err != nil {
		return objectstore.Manifest{}, err
	}
	sum := compose.PlaceholderSum(source.GetKey(), etag)
	former := &videov1.Object{Key: source.GetKey(), Size: source.GetSize(), PartSize: source.GetPartSize(), Sha256: sum[:],
		ContentType: source.GetContentType(), Layout: source.GetLayout()}
	if etag == "" || compose.Revision(former) != name.revision {
		return objectstore.Manifest{}, errMissing
	}
	return manifestOf(former)
}

func manifestOf(o *videov1.Object) (objectstore.Manifest, error) {
	m := objectstore.Manifest{Key: o.GetKey(), Size: o.GetSize(), PartSize: o.GetPartSize(), ContentType: o.GetContentType(),
		Layout: objectstore.Layout(o.GetLayout())}
	if copy(m.SHA256[:], o.GetSha256()) != len(m.SHA256) || m.PartSize <= 0 || m.Size < 0 || m.Key == "" {
		return m, errs.New(errs.Internal, "MANIFEST_INVALID", "")
	}
	return m, nil
}
