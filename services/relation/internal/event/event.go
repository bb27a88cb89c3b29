// Package event listens to what the service itself told.
package event

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Documents are the hot documents of follows.
type Documents interface {
	ForgetFollow(ctx context.Context, userID, targetID int64) error
}

// Follows handles the events of follows. They invalidate the hot documents once
// more: the program may have died between its commit and the first time, or the
// state store may have been down.
func Follows(docs Documents) func(ctx context.Context, e server.Event) error {
	return func(ctx context.Context, e server.Event) error {
		var follow eventv1.Followed
		if err := e.Decode(&follow); err != nil {
			return err
		}
		// The event is done with either way: what the state store could not be
		// told is remembered and repeated (hotstate), and a dead letter would not
		// do it sooner.
		_ = docs.ForgetFollow(ctx, follow.GetUserId(), follow.GetTargetId())
		return nil
	}
}
