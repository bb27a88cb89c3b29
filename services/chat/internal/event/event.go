// Package event handles the events that the service itself publishes.
package event

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Documents are the hot documents of conversations.
type Documents interface {
	InvalidateWindows(ctx context.Context, conversations ...chat.Conversation) error
}

// Messages handles the events of messages. It invalidates the hot documents a
// second time, because the program may have died between its commit and the
// first invalidation, or the state store may have been down.
func Messages(docs Documents) func(ctx context.Context, e server.Event) error {
	return func(ctx context.Context, e server.Event) error {
		var sent eventv1.MessageSent
		if err := e.Decode(&sent); err != nil {
			return err
		}
		// A failure does not fail the event: hotstate retries the invalidation,
		// and a dead letter would not be faster.
		_ = docs.InvalidateWindows(ctx, chat.Conversation{A: sent.GetFromUserId(), B: sent.GetToUserId()})
		return nil
	}
}
