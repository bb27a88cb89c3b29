package chat_test

import (
	"context"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/fake"
)

// staleHot serves documents that were stored before an outage of the state store,
// until they are invalidated.
type staleHot struct {
	fake.Hot
	window   *chat.Window
	position *chat.DeliveryPosition
}

func (h *staleHot) PositionMoved(context.Context, chat.Reader)        { h.position = nil }
func (h *staleHot) MessagesSent(context.Context, ...chat.SentMessage) {}

func (h *staleHot) LoadWindow(ctx context.Context, a, b int64, rebuild func(context.Context) (chat.Window, error)) (chat.Window, error) {
	if h.window != nil {
		return *h.window, nil
	}
	return h.Hot.LoadWindow(ctx, a, b, rebuild)
}

func (h *staleHot) LoadDeliveryPosition(ctx context.Context, r chat.Reader, rebuild func(context.Context) (chat.DeliveryPosition, bool, error)) (chat.DeliveryPosition, bool, error) {
	if h.position != nil {
		return *h.position, true, nil
	}
	return h.Hot.LoadDeliveryPosition(ctx, r, rebuild)
}

func sendFrom(t *testing.T, s *chat.Service, from, to int64, text string) chat.Message {
	t.Helper()
	m, err := s.Send(t.Context(), from, to, text, "")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func wantPoll(t *testing.T, s *chat.Service, r chat.Reader, sinceMS int64, want ...string) {
	t.Helper()
	messages, err := s.Poll(t.Context(), r, sinceMS)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range messages {
		got = append(got, m.Content)
	}
	if !slices.Equal(got, want) {
		t.Errorf("poll since %d returned %q, want %q", sinceMS, got, want)
	}
}

// The state store was down when the position moved, and comes back with the old
// position.
func TestPollRepeatsNothingFromAnOldPosition(t *testing.T) {
	s, _ := newService(fixed(), chat.Anyone)
	hot := &staleHot{}
	s.Hot = hot
	reader := chat.Reader{UserID: 1, PeerID: 2, SessionID: "A"}
	first := sendFrom(t, s, 2, 1, "first")
	wantPoll(t, s, reader, 0, "first")
	second := sendFrom(t, s, 2, 1, "second")
	wantPoll(t, s, reader, first.CreatedAtMS, "second")

	hot.position = &chat.DeliveryPosition{DeliveredMS: first.CreatedAtMS}
	wantPoll(t, s, reader, second.CreatedAtMS)
	if hot.position != nil {
		t.Error("the old document was not invalidated")
	}
	hot.position = &chat.DeliveryPosition{DeliveredMS: first.CreatedAtMS}
	third := sendFrom(t, s, 2, 1, "third")
	wantPoll(t, s, reader, second.CreatedAtMS, "third")
	// The answer got lost.
	wantPoll(t, s, reader, second.CreatedAtMS, "third")
	wantPoll(t, s, reader, third.CreatedAtMS)
}

// The window is old too: the phone opens the chat without the newest message and
// receives it once the window is up to date.
func TestOpeningWithAnOldWindowHidesNothingForever(t *testing.T) {
	s, _ := newService(fixed(), chat.Anyone)
	hot := &staleHot{}
	s.Hot = hot
	reader := chat.Reader{UserID: 1, PeerID: 2, SessionID: "A"}
	first := sendFrom(t, s, 2, 1, "first")
	own := sendFrom(t, s, 1, 2, "own")
	sendFrom(t, s, 2, 1, "second")
	wantPoll(t, s, reader, 0, "first", "own", "second")

	hot.window = &chat.Window{Messages: []chat.Message{first, own}, Complete: true}
	hot.position = &chat.DeliveryPosition{DeliveredMS: first.CreatedAtMS}
	wantPoll(t, s, reader, 0, "first", "own")
	hot.window, hot.position = nil, nil
	wantPoll(t, s, reader, own.CreatedAtMS, "second")
}
