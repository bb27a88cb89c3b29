package hot_test

import (
	"testing"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
)

// Before events are published, the documents of those are invalidated that this
// process has not invalidated since their commit: not those of its own writes, but
// those of another process, which may have died, and those of a write during an outage.
func TestDocumentsAreInvalidatedBeforePublishing(t *testing.T) {
	docs, states := newDocuments()
	own := cloudevent.Event{Type: eventv1.TopicLiked, Subject: eventv1.LikeSubject(7, 1), Version: 3, Data: []byte(`{"userId":"7","videoId":"1","authorId":"5"}`)}
	foreign := cloudevent.Event{Type: eventv1.TopicLiked, Subject: eventv1.LikeSubject(8, 1), Version: 3, Data: []byte(`{"userId":"8","videoId":"1","authorId":"6"}`)}
	unreadable := cloudevent.Event{Type: eventv1.TopicLiked, Subject: "like:9:9", Version: 1, Data: []byte("not JSON")}

	docs.LikesChanged(t.Context(), interaction.ChangedLike{UserID: 7, VideoID: 1, AuthorID: 5, Version: 3})
	writes := states.Writes()
	docs.BeforePublish(t.Context(), []cloudevent.Event{own})
	if n := states.Writes() - writes; n != 0 {
		t.Errorf("%d documents of a confirmed write were invalidated again", n)
	}
	docs.BeforePublish(t.Context(), []cloudevent.Event{unreadable, foreign})
	for _, key := range []string{"likes:8", "given:8", "given:6"} {
		if !states.Invalidated(t, key) {
			t.Errorf("%s is not invalidated", key)
		}
	}

	states.SetDown(true)
	own.Version = 4
	docs.LikesChanged(t.Context(), interaction.ChangedLike{UserID: 7, VideoID: 1, AuthorID: 5, Version: 4})
	states.SetDown(false)
	writes = states.Writes()
	docs.BeforePublish(t.Context(), []cloudevent.Event{own})
	if n := states.Writes() - writes; n != 3 {
		t.Errorf("%d documents of an unconfirmed write were invalidated, want 3", n)
	}
}
