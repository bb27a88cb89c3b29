// Package event handles the deletion of videos.
package event

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Deletions handles deleted videos.
type Deletions interface {
	VideoDeleted(ctx context.Context, videoID int64) error
}

// VideoDeleted handles the events of deleted videos.
func VideoDeleted(d Deletions) func(ctx context.Context, e server.Event) error {
	return func(ctx context.Context, e server.Event) error {
		var video eventv1.Video
		if err := e.Decode(&video); err != nil {
			return err
		}
		return d.VideoDeleted(ctx, video.GetVideoId())
	}
}
