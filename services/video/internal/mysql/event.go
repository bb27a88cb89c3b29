package mysql

import (
	"context"
	"fmt"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// publish writes an event into the transaction, with the version of the video.
func publish(ctx context.Context, tx sqldb.Handle, e video.Event, v video.Video) error {
	topic, err := topicOf(e)
	if err != nil {
		return err
	}
	return outbox.Add(ctx, tx, outbox.Event{
		Topic:   topic,
		Subject: eventv1.VideoSubject(v.ID),
		Version: v.Version,
		Data:    &eventv1.Video{VideoId: v.ID, AuthorId: v.AuthorID, FailureReason: v.FailureReason},
	})
}

func topicOf(e video.Event) (string, error) {
	switch e {
	case video.EventUploaded:
		return eventv1.TopicVideoUploaded, nil
	case video.EventReady:
		return eventv1.TopicVideoReady, nil
	case video.EventFailed:
		return eventv1.TopicVideoFailed, nil
	case video.EventDeleted:
		return eventv1.TopicVideoDeleted, nil
	default:
		return "", fmt.Errorf("no topic for the event %d", e)
	}
}
