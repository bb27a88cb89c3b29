package compose

import (
	"context"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Status is the progress of a video, with its addresses.
type Status struct {
	VideoID       int64 `json:"video_id"`
	UploadedBytes int64 `json:"uploaded_bytes"`
	TotalBytes    int64 `json:"total_bytes"`
	Processing
	PlayURL  string `json:"play_url"` // "" if it does not exist yet; so are the others
	CoverURL string `json:"cover_url"`
	HLSURL   string `json:"hls_url"`
}

// Status returns the status of a video for a viewer (0: nobody). Only the author
// sees a video that is not ready. Refusal: VIDEO_UNKNOWN.
func (c *Composer) Status(ctx context.Context, viewerID, videoID int64) (Status, error) {
	answer, err := c.videos.GetVideos(ctx, &videov1.GetVideosRequest{VideoIds: []int64{videoID}})
	if err != nil {
		return Status{}, err
	}
	found := answer.GetVideos()
	if len(found) == 0 || (found[0].GetState() != videov1.State_STATE_READY && found[0].GetAuthorId() != viewerID) {
		return Status{}, errs.New(errs.NotFound, videov1.ReasonVideoUnknown, "there is no such video")
	}
	v := found[0]
	size := v.GetSource().GetSize()
	s := Status{VideoID: videoID, UploadedBytes: size, TotalBytes: size, Processing: processing(v), HLSURL: c.links.HLS(v)}
	if v.GetState() != videov1.State_STATE_FAILED {
		s.PlayURL = c.links.Play(v)
	}
	if v.GetCover() != nil {
		s.CoverURL = c.links.Cover(v)
	}
	return s, nil
}
