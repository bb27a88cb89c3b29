package hot

import (
	"context"

	"google.golang.org/protobuf/encoding/protojson"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// BeforePublish invalidates the documents of committed follows in one request, before
// their events are published. It leaves out those that this process has invalidated
// since their commit; of the others the process that committed them may have died in
// between. hotstate logs and retries a failure.
func (d *Documents) BeforePublish(ctx context.Context, events []cloudevent.Event) {
	var follows []relation.ChangedFollow
	for _, e := range events {
		if d.confirmed.Take(hotstate.Fact{Subject: e.Subject, Version: e.Version}) {
			continue
		}
		var follow eventv1.Followed
		if protojson.Unmarshal(e.Data, &follow) != nil {
			continue // not written by this service
		}
		follows = append(follows, relation.ChangedFollow{UserID: follow.GetUserId(), TargetID: follow.GetTargetId()})
	}
	if len(follows) > 0 {
		_ = d.invalidate(ctx, follows)
	}
}
