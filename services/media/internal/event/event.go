// Package event listens to what other services tell.
package event

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Uploaded handles the event of an uploaded video: it wakes a worker. The event
// is a hint, whoever it is about: the worker asks for what is due, so it may be
// lost, come twice or be nonsense, and is always done with.
func Uploaded(wake func()) func(ctx context.Context, e server.Event) error {
	return func(context.Context, server.Event) error {
		wake()
		return nil
	}
}
