package event_test

import (
	"context"
	"errors"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/event"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

var _ event.Documents = (*hot.Documents)(nil)

// documents records which window was invalidated.
type documents struct {
	from, to int64
	err      error
}

func (d *documents) InvalidateWindows(_ context.Context, conversations ...chat.Conversation) error {
	d.from, d.to = conversations[0].A, conversations[0].B
	return d.err
}

func TestMessages(t *testing.T) {
	var docs documents
	e := server.Event{Data: []byte(`{"messageId":"3","fromUserId":"9","toUserId":"5","seq":"1","createdAtMs":"1","content":"hi"}`)}
	if err := event.Messages(&docs)(t.Context(), e); err != nil || docs.from != 9 || docs.to != 5 {
		t.Errorf("invalidated the window of %d and %d, %v", docs.from, docs.to, err)
	}
	docs.err = errors.New("state store is down")
	if err := event.Messages(&docs)(t.Context(), e); err != nil {
		t.Errorf("an outage of the state store made a dead letter: %v", err)
	}
	e.Data = []byte("not JSON")
	if err := event.Messages(&docs)(t.Context(), e); errs.CodeOf(err) != errs.Invalid {
		t.Errorf("invalid data: %v", err)
	}
}
