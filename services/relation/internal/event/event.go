// Package event handles the events that the service itself publishes.
package event

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// Documents are the hot documents of follows.
type Documents interface {
	InvalidateFollows(ctx context.Context, follows ...relation.FollowUsers) error
}

// Follows handles the events of follows. It invalidates the hot documents a second
// time, because the program may have died between its commit and the first
// invalidation, or the state store may have been down.
func Follows(docs Documents) func(ctx context.Context, e server.Event) error {
	return func(ctx context.Context, e server.Event) error {
		var follow eventv1.Followed
		if err := e.Decode(&follow); err != nil {
			return err
		}
		// A failure does not fail the event: hotstate retries the invalidation,
		// and a dead letter would not be faster.
		_ = docs.InvalidateFollows(ctx, relation.FollowUsers{UserID: follow.GetUserId(), TargetID: follow.GetTargetId()})
		return nil
	}
}
