package hot_test

import (
	"testing"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// Before events are published, the documents of those are invalidated that this
// process has not invalidated since their commit: not those of its own writes, but
// those of another process, which may have died, and those of a write during an outage.
func TestDocumentsAreInvalidatedBeforePublishing(t *testing.T) {
	docs, states := newDocuments()
	own := cloudevent.Event{Type: eventv1.TopicFollowed, Subject: eventv1.FollowSubject(7, 5), Version: 3, Data: []byte(`{"userId":"7","targetId":"5"}`)}
	foreign := cloudevent.Event{Type: eventv1.TopicFollowed, Subject: eventv1.FollowSubject(8, 6), Version: 3, Data: []byte(`{"userId":"8","targetId":"6"}`)}
	unreadable := cloudevent.Event{Type: eventv1.TopicFollowed, Subject: "follow:9:9", Version: 1, Data: []byte("not JSON")}

	docs.FollowsChanged(t.Context(), relation.ChangedFollow{UserID: 7, TargetID: 5, Version: 3})
	writes := states.Writes()
	docs.BeforePublish(t.Context(), []cloudevent.Event{own})
	if n := states.Writes() - writes; n != 0 {
		t.Errorf("%d documents of a confirmed write were invalidated again", n)
	}
	docs.BeforePublish(t.Context(), []cloudevent.Event{unreadable, foreign})
	for _, key := range []string{"follows:8", "rel:8", "rel:6"} {
		if !states.Invalidated(t, key) {
			t.Errorf("%s is not invalidated", key)
		}
	}

	states.SetDown(true)
	own.Version = 4
	docs.FollowsChanged(t.Context(), relation.ChangedFollow{UserID: 7, TargetID: 5, Version: 4})
	states.SetDown(false)
	writes = states.Writes()
	docs.BeforePublish(t.Context(), []cloudevent.Event{own})
	if n := states.Writes() - writes; n != 3 {
		t.Errorf("%d documents of an unconfirmed write were invalidated, want 3", n)
	}
}
