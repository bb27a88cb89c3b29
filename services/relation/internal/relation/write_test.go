package relation_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/relation/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

var errBroken = errors.New("broken")

// brokenBatches fails to store anything.
type brokenBatches struct{}

func (brokenBatches) Apply(context.Context, []relation.Change) ([]int64, error) {
	return nil, errBroken
}

// documents records which documents are invalidated by each call.
type documents struct {
	*fake.Hot
	calls [][]relation.ChangedFollow
}

func (d *documents) FollowsChanged(_ context.Context, follows ...relation.ChangedFollow) {
	d.calls = append(d.calls, follows)
}

func TestABatchInvalidatesDocumentsOnce(t *testing.T) {
	docs := &documents{Hot: fake.NewHot()}
	changes := []relation.Change{
		{UserID: 1, TargetID: 2, Following: true},
		{UserID: 3, TargetID: 4}, // changes nothing
	}
	versions, err := relation.Commit(fake.NewStore(), docs)(t.Context(), changes)
	if err != nil || !slices.Equal(versions, []int64{1, 0}) {
		t.Errorf("versions %v, %v", versions, err)
	}
	want := []relation.ChangedFollow{{UserID: 1, TargetID: 2, Version: 1}, {UserID: 3, TargetID: 4}}
	if len(docs.calls) != 1 || !slices.Equal(docs.calls[0], want) {
		t.Errorf("invalidated %+v", docs.calls)
	}
	if _, err := relation.Commit(brokenBatches{}, docs)(t.Context(), changes); !errors.Is(err, errBroken) {
		t.Errorf("a failed batch: %v", err)
	}
	if len(docs.calls) != 1 {
		t.Errorf("a failed batch invalidated %+v", docs.calls[1:])
	}
}
