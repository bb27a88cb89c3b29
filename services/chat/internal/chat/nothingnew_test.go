package chat_test

import (
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/wire"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
)

// The gateway answers a poll by hotv1.NothingNew alone; it must never hide a
// message that this service would have delivered, and with a complete window it
// knows exactly.
func TestNothingNewAgreesWithPoll(t *testing.T) {
	s, store := newService(fixed(), chat.Anyone)
	reader := chat.Reader{UserID: 1, PeerID: 2, SessionID: "A"}
	for _, from := range []int64{2, 1, 2, 2, 1, 2} {
		sendFrom(t, s, from, 3-from, "x")
	}
	all, err := store.Newest(t.Context(), 1, 2, 10)
	if err != nil {
		t.Fatal(err)
	}
	times := []int64{1, all[0].CreatedAtMS - 1, all[len(all)-1].CreatedAtMS + 1}
	for _, m := range all {
		times = append(times, m.CreatedAtMS)
	}
	for _, sinceMS := range times {
		for _, position := range positionsIn(all, times) {
			if err := store.SetDeliveryPosition(t.Context(), reader, position, time.Now()); err != nil {
				t.Fatal(err)
			}
			messages, err := s.Poll(t.Context(), reader, sinceMS)
			if err != nil {
				t.Fatal(err)
			}
			for n := range all {
				window := &hotv1.ChatWindow{Messages: wire.FromMessages(all[n:]), Complete: n == 0}
				document := &hotv1.ChatDeliveryPosition{
					DeliveredMs: position.DeliveredMS, SinceMs: position.SinceMS, PreviousMs: position.PreviousMS,
				}
				got := hotv1.NothingNew(window, document, 2, sinceMS)
				if got && len(messages) > 0 || !got && n == 0 && len(messages) == 0 {
					t.Errorf("since %d at %+v with %d messages: nothing new is %t, the service has %d", sinceMS, position, len(all)-n, got, len(messages))
				}
			}
		}
	}
}

// positionsIn returns positions at each message of the peer, with and without a
// delivery that began at each older one.
func positionsIn(all []chat.Message, sinces []int64) []chat.DeliveryPosition {
	var positions []chat.DeliveryPosition
	for _, delivered := range all {
		if delivered.FromUserID != 2 {
			continue
		}
		positions = append(positions, chat.DeliveryPosition{DeliveredMS: delivered.CreatedAtMS})
		for _, previous := range all {
			for _, since := range sinces {
				if previous.CreatedAtMS < delivered.CreatedAtMS {
					positions = append(positions, chat.DeliveryPosition{
						DeliveredMS: delivered.CreatedAtMS, SinceMS: since, PreviousMS: previous.CreatedAtMS,
					})
				}
			}
		}
	}
	return positions
}
