// Package peers calls other services through the sidecar.
package peers

import (
	"context"
	"fmt"

	"github.com/maypok86/otter/v2"
	"google.golang.org/grpc"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// knownVideos is the size of the cache in videos, a few MiB.
const knownVideos = 100_000

// Videos implements interaction.Videos. It caches the authors of ready videos: the
// author does not change, and a ready video stays ready until it is deleted. Other
// videos are not cached, because they may become ready at any time.
type Videos struct {
	client  videov1.VideoServiceClient
	authors *otter.Cache[int64, int64]
}

var (
	_ interaction.Videos     = (*Videos)(nil)
	_ interaction.VideoOwner = (*Videos)(nil)
)

// NewVideos calls the video service over conn.
func NewVideos(conn grpc.ClientConnInterface) (*Videos, error) {
	authors, err := otter.New(&otter.Options[int64, int64]{MaximumSize: knownVideos})
	if err != nil {
		return nil, fmt.Errorf("cache of authors: %w", err)
	}
	return &Videos{client: videov1.NewVideoServiceClient(conn), authors: authors}, nil
}

// Author implements interaction.Videos.
func (v *Videos) Author(ctx context.Context, videoID int64) (int64, error) {
	if author, known := v.authors.GetIfPresent(videoID); known {
		return author, nil
	}
	response, err := v.client.GetVideos(ctx, &videov1.GetVideosRequest{VideoIds: []int64{videoID}})
	if err != nil {
		return 0, err
	}
	if len(response.GetVideos()) == 0 || response.GetVideos()[0].GetState() != videov1.State_STATE_READY {
		return 0, interaction.ErrVideoUnknown
	}
	author := response.GetVideos()[0].GetAuthorId()
	v.authors.Set(videoID, author)
	return author, nil
}

// Forget removes a deleted video from the cache. This is only an optimization:
// other replicas are not notified, and a call in flight may still cache the video.
// The store refuses likes and comments of deleted videos.
func (v *Videos) Forget(videoID int64) { v.authors.Invalidate(videoID) }

// Missing implements interaction.VideoOwner. Each of the ids was ready once, or it
// would have no likes and comments.
func (v *Videos) Missing(ctx context.Context, videoIDs []int64) ([]int64, error) {
	response, err := v.client.FindMissing(ctx, &videov1.FindMissingRequest{VideoIds: videoIDs})
	return response.GetVideoIds(), err
}
