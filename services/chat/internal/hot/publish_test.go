package hot_test

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
)

// Before events are published, the documents of those are invalidated that this
// process has not invalidated since their commit: not those of its own writes, but
// those of another process, which may have died, and those of a write during an outage.
func TestDocumentsAreInvalidatedBeforePublishing(t *testing.T) {
	docs, states := newDocuments()
	own := cloudevent.Event{Type: eventv1.TopicMessageSent, Subject: eventv1.ChatSubject(7, 5), Version: 3, Data: []byte(`{"fromUserId":"7","toUserId":"5"}`)}
	foreign := cloudevent.Event{Type: eventv1.TopicMessageSent, Subject: eventv1.ChatSubject(8, 6), Version: 3, Data: []byte(`{"fromUserId":"8","toUserId":"6"}`)}
	unreadable := cloudevent.Event{Type: eventv1.TopicMessageSent, Subject: "chat:9:9", Version: 1, Data: []byte("not JSON")}

	docs.MessagesSent(t.Context(), chat.SentMessage{A: 7, B: 5, Seq: 3})
	writes := states.Writes()
	docs.BeforePublish(t.Context(), []cloudevent.Event{own})
	if n := states.Writes() - writes; n != 0 {
		t.Errorf("%d documents of a confirmed write were invalidated again", n)
	}
	docs.BeforePublish(t.Context(), []cloudevent.Event{unreadable, foreign})
	for _, key := range []string{"chat:6:8"} {
		if !states.Invalidated(t, key) {
			t.Errorf("%s is not invalidated", key)
		}
	}

	states.SetDown(true)
	own.Version = 4
	docs.MessagesSent(t.Context(), chat.SentMessage{A: 7, B: 5, Seq: 4})
	states.SetDown(false)
	writes = states.Writes()
	docs.BeforePublish(t.Context(), []cloudevent.Event{own})
	if n := states.Writes() - writes; n != 1 {
		t.Errorf("%d documents of an unconfirmed write were invalidated, want 1", n)
	}
}
