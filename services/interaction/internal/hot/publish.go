package hot

import (
	"context"

	"google.golang.org/protobuf/encoding/protojson"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// BeforePublish invalidates the documents of committed likes in one request, before
// their events are published. It leaves out those that this process has invalidated
// since their commit; of the others the process that committed them may have died in
// between. hotstate logs and retries a failure.
func (d *Documents) BeforePublish(ctx context.Context, events []cloudevent.Event) {
	var likes []interaction.ChangedLike
	for _, e := range events {
		if e.Type != eventv1.TopicLiked && e.Type != eventv1.TopicUnliked ||
			d.confirmed.Take(hotstate.Fact{Subject: e.Subject, Version: e.Version}) {
			continue
		}
		var like eventv1.Liked
		if protojson.Unmarshal(e.Data, &like) != nil {
			continue // not written by this service
		}
		likes = append(likes, interaction.ChangedLike{UserID: like.GetUserId(), AuthorID: like.GetAuthorId()})
	}
	if len(likes) > 0 {
		_ = d.invalidate(ctx, likes)
	}
}
