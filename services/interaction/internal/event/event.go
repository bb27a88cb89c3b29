// Package event listens to what the service itself told, and to the end of
// videos.
package event

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Documents are the hot documents of likes.
type Documents interface {
	InvalidateLikes(ctx context.Context, authorID int64, userIDs ...int64) error
}

// Likes handles the events of likes. They invalidate the hot documents once
// more: the program may have died between its commit and the first time, or the
// state store may have been down.
func Likes(docs Documents) func(ctx context.Context, e server.Event) error {
	return func(ctx context.Context, e server.Event) error {
		var like eventv1.Liked
		if err := e.Decode(&like); err != nil {
			return err
		}
		// The event is done with either way: what the state store could not be
		// told is remembered and repeated (hotstate), and a dead letter would not
		// do it sooner.
		_ = docs.InvalidateLikes(ctx, like.GetAuthorId(), like.GetUserId())
		return nil
	}
}

// Deletions are what the rules do about a deleted video.
type Deletions interface {
	VideoDeleted(ctx context.Context, videoID int64) error
}

// VideoDeleted handles the event of that name.
func VideoDeleted(d Deletions) func(ctx context.Context, e server.Event) error {
	return func(ctx context.Context, e server.Event) error {
		var video eventv1.Video
		if err := e.Decode(&video); err != nil {
			return err
		}
		return d.VideoDeleted(ctx, video.GetVideoId())
	}
}
