// Package peers asks other services, through the sidecar.
package peers

import (
	"context"
	"fmt"

	"github.com/maypok86/otter/v2"
	"google.golang.org/grpc"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// knownVideos is how many videos Videos remembers: a few MiB.
const knownVideos = 100_000

// Videos is the interaction.Videos of the service. It remembers whose a ready
// video is: that does not change, and a ready video stays ready until it is
// deleted. One that does not exist or is not ready may be so the next moment and
// is asked for again.
type Videos struct {
	client  videov1.VideoServiceClient
	authors *otter.Cache[int64, int64]
}

var _ interaction.Videos = (*Videos)(nil)

// NewVideos asks over a connection that leads to the video service.
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

// Forget drops what is remembered of a video that was deleted. It saves work,
// no more: other replicas do not hear of it, and an answer that is on its way
// may still be remembered. The store refuses what is for a video that is gone.
func (v *Videos) Forget(videoID int64) { v.authors.Invalidate(videoID) }
