package hot

import (
	"context"

	"google.golang.org/protobuf/encoding/protojson"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// BeforePublish returns the function that invalidates the documents of changed lists
// once more, before the events of the changes are published: the process that
// committed a change may have died, or the state store may have been down. hotstate
// logs and retries a failure.
func BeforePublish(store *hotstate.Store) func(ctx context.Context, events []cloudevent.Event) {
	return func(ctx context.Context, events []cloudevent.Event) {
		var changed []string
		for _, e := range events {
			if e.Type == eventv1.TopicVideoUploaded {
				continue // changes no list
			}
			var video eventv1.Video
			if protojson.Unmarshal(e.Data, &video) != nil {
				continue // not written by this service
			}
			changed = append(changed, keys(video.GetAuthorId())...)
		}
		if len(changed) > 0 {
			_ = store.Invalidate(ctx, changed...)
		}
	}
}
