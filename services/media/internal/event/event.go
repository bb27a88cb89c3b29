// Package event consumes the events of other services.
package event

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Uploaded handles video.uploaded: it wakes a worker. The event is only a hint,
// because the worker claims the next due job whatever the event contains. So the
// event may be lost, repeated or invalid, and handling it never fails.
func Uploaded(wake func()) func(ctx context.Context, e server.Event) error {
	return func(context.Context, server.Event) error {
		wake()
		return nil
	}
}
