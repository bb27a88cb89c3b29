package event_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
	"github.com/douyin-on-dapr/douyin/services/user/internal/event"
)

// applied records the last change.
type applied struct {
	change activity.Change
	err    error
}

func (a *applied) Apply(_ context.Context, c activity.Change) error {
	a.change = c
	return a.err
}

var at = time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)

func newEvent(t *testing.T, topic, subject string, version int64, data proto.Message) server.Event {
	t.Helper()
	encoded, err := protojson.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return server.Event{ID: "E1", Type: topic, Subject: subject, Version: version, Time: at, Data: encoded}
}

func TestEachTopicBecomesAChange(t *testing.T) {
	like := &eventv1.Liked{UserId: 1, VideoId: 7, AuthorId: 5}
	comment := &eventv1.Commented{CommentId: 70, UserId: 1, VideoId: 7, AuthorId: 5, Excerpt: "hi"}
	follow := &eventv1.Followed{UserId: 1, TargetId: 5}
	liked := activity.Entry{UserID: 5, Kind: activity.Liked, ActorID: 1, VideoID: 7, OccurredAt: at}
	commented := activity.Entry{UserID: 5, Kind: activity.Commented, ActorID: 1, VideoID: 7, CommentID: 70, Excerpt: "hi", OccurredAt: at}
	followed := activity.Entry{UserID: 5, Kind: activity.Followed, ActorID: 1, OccurredAt: at}
	tests := map[string]struct {
		data    proto.Message
		present bool
		entry   activity.Entry
	}{
		eventv1.TopicLiked:       {like, true, liked},
		eventv1.TopicUnliked:     {like, false, liked},
		eventv1.TopicCommented:   {comment, true, commented},
		eventv1.TopicUncommented: {comment, false, commented},
		eventv1.TopicFollowed:    {follow, true, followed},
		eventv1.TopicUnfollowed:  {follow, false, followed},
	}
	var got applied
	handlers := event.Handlers(&got)
	if len(handlers) != len(tests) {
		t.Errorf("%d handlers", len(handlers))
	}
	for topic, test := range tests {
		if err := handlers[topic](t.Context(), newEvent(t, topic, "the:subject", 3, test.data)); err != nil {
			t.Errorf("%s: %v", topic, err)
		}
		want := activity.Change{EventID: "E1", Subject: "the:subject", Version: 3, Present: test.present, Entry: test.entry}
		if got.change != want {
			t.Errorf("%s became %+v\nwant %+v", topic, got.change, want)
		}
	}
}

func TestIncompleteEventsAreInvalid(t *testing.T) {
	like := &eventv1.Liked{UserId: 1, VideoId: 7, AuthorId: 5}
	broken := newEvent(t, eventv1.TopicLiked, "like:1:7", 1, like)
	broken.Data = []byte(`{"userId":"x"}`)
	for name, e := range map[string]server.Event{
		"broken data": broken,
		"no subject":  newEvent(t, eventv1.TopicLiked, "", 1, like),
		"no version":  newEvent(t, eventv1.TopicLiked, "like:1:7", 0, like),
		"no actor":    newEvent(t, eventv1.TopicLiked, "like:1:7", 1, &eventv1.Liked{VideoId: 7, AuthorId: 5}),
		"no author":   newEvent(t, eventv1.TopicLiked, "like:1:7", 1, &eventv1.Liked{VideoId: 7, UserId: 1}),
	} {
		var got applied
		if err := event.Handlers(&got)[eventv1.TopicLiked](t.Context(), e); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		if got.change.EventID != "" {
			t.Errorf("%s was applied", name)
		}
	}
}

func TestAFailureKeepsItsCode(t *testing.T) {
	down := &applied{err: &errs.Error{Code: errs.Unavailable}}
	e := newEvent(t, eventv1.TopicFollowed, "follow:1:5", 1, &eventv1.Followed{UserId: 1, TargetId: 5})
	if err := event.Handlers(down)[eventv1.TopicFollowed](t.Context(), e); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("error %v", err)
	}
}
