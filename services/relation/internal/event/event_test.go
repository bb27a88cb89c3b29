package event_test

import (
	"context"
	"errors"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/event"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

var _ event.Documents = (*hot.Documents)(nil)

// documents records whose documents were invalidated.
type documents struct {
	user, target int64
	err          error
}

func (d *documents) InvalidateFollows(_ context.Context, follows ...relation.FollowUsers) error {
	d.user, d.target = follows[0].UserID, follows[0].TargetID
	return d.err
}

func TestFollows(t *testing.T) {
	var docs documents
	e := server.Event{Data: []byte(`{"userId":"1","targetId":"5"}`)}
	if err := event.Follows(&docs)(t.Context(), e); err != nil || docs.user != 1 || docs.target != 5 {
		t.Errorf("invalidated the documents of %d and %d, %v", docs.user, docs.target, err)
	}
	docs.err = errors.New("state store is down")
	if err := event.Follows(&docs)(t.Context(), e); err != nil {
		t.Errorf("an outage of the state store made a dead letter: %v", err)
	}
	e.Data = []byte("not JSON")
	if err := event.Follows(&docs)(t.Context(), e); errs.CodeOf(err) != errs.Invalid {
		t.Errorf("invalid data: %v", err)
	}
}
