package interaction_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// brokenBatches fails to store anything.
type brokenBatches struct{}

func (brokenBatches) Apply(context.Context, []interaction.Write) ([]interaction.Outcome, error) {
	return nil, errBroken
}

// documents records which documents are invalidated by each call.
type documents struct {
	*fake.Hot
	calls [][]interaction.ChangedLike
}

func (d *documents) LikesChanged(_ context.Context, likes ...interaction.ChangedLike) {
	d.calls = append(d.calls, likes)
}

func TestABatchInvalidatesDocumentsOnce(t *testing.T) {
	store, docs := fake.NewStore(), &documents{Hot: fake.NewHot()}
	const deleted = 99
	if err := store.MarkVideoDeleted(t.Context(), deleted, time.UnixMilli(1)); err != nil {
		t.Fatal(err)
	}
	like := func(user, videoID int64, liked bool) interaction.Write {
		return interaction.Write{Like: &interaction.LikeChange{UserID: user, VideoID: videoID, AuthorID: author, Liked: liked}}
	}
	outcomes, err := interaction.Commit(store, docs)(t.Context(), []interaction.Write{
		like(1, video, true),
		{Add: &interaction.Comment{ID: 1, VideoID: video, UserID: 4}},
		like(2, video, false), // changes nothing
		like(3, deleted, true),
	})
	if err != nil || !outcomes[0].Changed || outcomes[2].Changed || !errors.Is(outcomes[3].Err, interaction.ErrVideoUnknown) {
		t.Errorf("outcomes %+v, %v", outcomes, err)
	}
	if len(docs.calls) != 1 || len(docs.calls[0]) != 2 || docs.calls[0][0].UserID != 1 || docs.calls[0][1] != (interaction.ChangedLike{UserID: 2, VideoID: video, AuthorID: author}) {
		t.Errorf("invalidated %+v", docs.calls)
	}
	// Comments and failed batches invalidate nothing.
	if _, err := interaction.Commit(store, docs)(t.Context(), []interaction.Write{{Delete: &interaction.Comment{ID: 1}}}); err != nil {
		t.Error(err)
	}
	if _, err := interaction.Commit(brokenBatches{}, docs)(t.Context(), []interaction.Write{like(1, video, false)}); !errors.Is(err, errBroken) {
		t.Errorf("a failed batch: %v", err)
	}
	if len(docs.calls) != 1 {
		t.Errorf("invalidated %+v", docs.calls)
	}
}
