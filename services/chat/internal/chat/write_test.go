package chat_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/fake"
)

var errBroken = errors.New("broken")

// brokenBatches fails to store anything.
type brokenBatches struct{}

func (brokenBatches) Append(context.Context, []chat.Write) ([]chat.Message, error) {
	return nil, errBroken
}

// windows records which windows are invalidated by each call.
type windows struct {
	fake.Hot
	calls [][]chat.SentMessage
}

func (w *windows) MessagesSent(_ context.Context, messages ...chat.SentMessage) {
	w.calls = append(w.calls, messages)
}

func TestABatchInvalidatesWindowsOnce(t *testing.T) {
	docs := &windows{}
	writes := []chat.Write{
		{Message: chat.Message{ID: 1, FromUserID: 1, ToUserID: 2, RequestID: "r"}},
		{Message: chat.Message{ID: 2, FromUserID: 1, ToUserID: 2, RequestID: "r"}}, // repeated
		{Message: chat.Message{ID: 3, FromUserID: 4, ToUserID: 3}},
	}
	messages, err := chat.Commit(fake.NewStore(), docs)(t.Context(), writes)
	if err != nil || len(messages) != 3 || messages[0].ID != 1 || messages[1].ID != 1 || messages[2].ID != 3 {
		t.Errorf("messages %+v, %v", messages, err)
	}
	if len(docs.calls) != 1 || !slices.Equal(docs.calls[0], []chat.SentMessage{{A: 1, B: 2, Seq: 1}, {A: 1, B: 2, Seq: 1}, {A: 4, B: 3, Seq: 1}}) {
		t.Errorf("invalidated %+v", docs.calls)
	}
	if _, err := chat.Commit(brokenBatches{}, docs)(t.Context(), writes); !errors.Is(err, errBroken) || len(docs.calls) != 1 {
		t.Errorf("a failed batch: %v, invalidated %+v", err, docs.calls)
	}
}
