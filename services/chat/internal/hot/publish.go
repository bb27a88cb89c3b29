package hot

import (
	"context"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// BeforePublish invalidates the documents of committed messages in one request, before
// their events are published. It leaves out those that this process has invalidated
// since their commit; of the others the process that committed them may have died in
// between. hotstate logs and retries a failure.
func (d *Documents) BeforePublish(ctx context.Context, events []cloudevent.Event) {
	var messages []chat.SentMessage
	for _, e := range events {
		if d.confirmed.Take(hotstate.Fact{Subject: e.Subject, Version: e.Version}) {
			continue
		}
		var sent eventv1.MessageSent
		if protojson.Unmarshal(e.Data, &sent) != nil {
			continue // not written by this service
		}
		messages = append(messages, chat.SentMessage{A: sent.GetFromUserId(), B: sent.GetToUserId()})
	}
	if len(messages) > 0 {
		_ = d.invalidate(ctx, messages)
	}
}
