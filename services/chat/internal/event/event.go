// Package event listens to what the service itself told.
package event

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Documents are the hot documents of conversations.
type Documents interface {
	InvalidateWindow(ctx context.Context, a, b int64) error
}

// Messages handles the events of messages. They invalidate the hot documents
// once more: the program may have died between its commit and the first time,
// or the state store may have been down.
func Messages(docs Documents) func(ctx context.Context, e server.Event) error {
	return func(ctx context.Context, e server.Event) error {
		var sent eventv1.MessageSent
		if err := e.Decode(&sent); err != nil {
			return err
		}
		// The event is done with either way: what the state store could not be
		// told is remembered and repeated (hotstate), and a dead letter would not
		// do it sooner.
		_ = docs.InvalidateWindow(ctx, sent.GetFromUserId(), sent.GetToUserId())
		return nil
	}
}
