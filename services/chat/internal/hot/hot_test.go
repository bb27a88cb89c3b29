package hot_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/hot"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate/hotstatetest"
)

var reader = chat.Reader{UserID: 1, PeerID: 2, SessionID: "S"}

func newDocuments() (*hot.Documents, *hotstatetest.States) {
	states := hotstatetest.New()
	return hot.New(hotstate.New(states, slog.New(slog.DiscardHandler))), states
}

func TestWindowIsRebuiltOnceAndThenReadByBoth(t *testing.T) {
	docs, states := newDocuments()
	messages := []chat.Message{
		{ID: 1, FromUserID: 9, ToUserID: 5, Content: "你好 👋", CreatedAtMS: 1000, Seq: 1},
		{ID: 2, FromUserID: 5, ToUserID: 9, Content: "hi", CreatedAtMS: 1001, Seq: 2},
	}
	rebuilt := 0
	for _, pair := range [][2]int64{{9, 5}, {5, 9}} {
		window, err := docs.LoadWindow(t.Context(), pair[0], pair[1], func(context.Context) (chat.Window, error) {
			rebuilt++
			return chat.Window{Messages: messages, Complete: true}, nil
		})
		if err != nil || !slices.Equal(window.Messages, messages) || !window.Complete {
			t.Errorf("window %+v, %v", window, err)
		}
	}
	if rebuilt != 1 {
		t.Errorf("rebuilt %d times", rebuilt)
	}
	if ttl := states.Document(t, "chat:5:9", &hotv1.ChatWindow{}); ttl != hotv1.ChatWindowTTL {
		t.Errorf("stored for %v", ttl)
	}
}

func TestMissingPositionIsNotStored(t *testing.T) {
	docs, states := newDocuments()
	stored := chat.DeliveryPosition{DeliveredMS: 7, SinceMS: 6, PreviousMS: 5}
	load := func(known bool) (chat.DeliveryPosition, bool, error) {
		return docs.LoadDeliveryPosition(t.Context(), reader, func(context.Context) (chat.DeliveryPosition, bool, error) {
			return stored, known, nil
		})
	}
	if position, known, err := load(false); position != (chat.DeliveryPosition{}) || known || err != nil {
		t.Errorf("position %+v, %t, %v", position, known, err)
	}
	if n := states.Keys(); n != 0 {
		t.Errorf("%d keys were stored", n)
	}
	for range 2 {
		if position, known, err := load(true); position != stored || !known || err != nil {
			t.Errorf("position %+v, %t, %v", position, known, err)
		}
	}
	if ttl := states.Document(t, "place:S:2", &hotv1.ChatDeliveryPosition{}); ttl != hotv1.ChatDeliveryPositionTTL {
		t.Errorf("stored for %v", ttl)
	}
}

func TestChangesInvalidate(t *testing.T) {
	docs, states := newDocuments()
	docs.MessagesSent(t.Context(), chat.SentMessage{A: 9, B: 5}, chat.SentMessage{A: 5, B: 9})
	docs.PositionMoved(t.Context(), reader)
	for _, key := range []string{"chat:5:9", "place:S:2"} {
		if !states.Invalidated(t, key) {
			t.Errorf("%s is not invalidated", key)
		}
	}
}

func TestFailedRebuildIsAnError(t *testing.T) {
	docs, states := newDocuments()
	failure := errors.New("database is down")
	if _, err := docs.LoadWindow(t.Context(), 1, 2, func(context.Context) (chat.Window, error) { return chat.Window{}, failure }); !errors.Is(err, failure) {
		t.Errorf("window: %v", err)
	}
	if _, _, err := docs.LoadDeliveryPosition(t.Context(), reader, func(context.Context) (chat.DeliveryPosition, bool, error) {
		return chat.DeliveryPosition{}, false, failure
	}); !errors.Is(err, failure) {
		t.Errorf("position: %v", err)
	}
	if n := states.Keys(); n != 0 {
		t.Errorf("%d keys were stored", n)
	}
}
