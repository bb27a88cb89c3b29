// Package event consumes the events of the service itself.
package event

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Documents are the hot documents of videos. Package hotstate records and retries
// invalidations that failed; a dead letter would not be faster.
type Documents interface {
	Invalidate(ctx context.Context, authorID int64)
}

// Videos handles the events of changed lists and invalidates the hot documents once
// more: the state store may have been down at the time of the commit.
func Videos(docs Documents) func(ctx context.Context, e server.Event) error {
	return func(ctx context.Context, e server.Event) error {
		var v eventv1.Video
		if err := e.Decode(&v); err != nil {
			return err
		}
		docs.Invalidate(ctx, v.GetAuthorId())
		return nil
	}
}
