package wire_test

import (
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/wire"
)

func TestMessagesSurviveTheWireWithoutTheirRequestID(t *testing.T) {
	want := []chat.Message{
		{ID: 1<<53 - 1, FromUserID: 9, ToUserID: 5, Content: " 你好 👋\n", CreatedAtMS: 1_772_366_400_123, Seq: 1},
		{ID: 2, FromUserID: 5, ToUserID: 9, Content: "hi", CreatedAtMS: 1_772_366_400_124, Seq: 2},
	}
	sent := slices.Clone(want)
	sent[0].RequestID = "r"
	if got := wire.ToMessages(wire.FromMessages(sent)); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
