// Package event handles the events that the service itself publishes, and the
// deletion of videos.
package event

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Documents are the hot documents of likes.
type Documents interface {
	InvalidateLikes(ctx context.Context, likes ...interaction.LikeUsers) error
}

// Likes handles the events of likes. It invalidates the hot documents a second
// time, because the program may have died between its commit and the first
// invalidation, or the state store may have been down.
func Likes(docs Documents) func(ctx context.Context, e server.Event) error {
	return func(ctx context.Context, e server.Event) error {
		var like eventv1.Liked
		if err := e.Decode(&like); err != nil {
			return err
		}
		// A failure does not fail the event: hotstate retries the invalidation,
		// and a dead letter would not be faster.
		_ = docs.InvalidateLikes(ctx, interaction.LikeUsers{UserID: like.GetUserId(), AuthorID: like.GetAuthorId()})
		return nil
	}
}

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
