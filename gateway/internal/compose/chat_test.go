package compose_test

import (
	"testing"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
)

// Reader 1 polls the conversation with 2, who wrote at 1000, 2000 and 3000.
func TestPollCallsTheOwnerUnlessNothingIsNew(t *testing.T) {
	window := &hotv1.ChatWindow{Complete: true, Messages: []*chatv1.Message{
		{Id: 1, FromUserId: 2, ToUserId: 1, CreatedAtMs: 1000},
		{Id: 2, FromUserId: 2, ToUserId: 1, CreatedAtMs: 2000},
		{Id: 3, FromUserId: 1, ToUserId: 2, CreatedAtMs: 2500},
		{Id: 4, FromUserId: 2, ToUserId: 1, CreatedAtMs: 3000},
	}}
	tail := &hotv1.ChatWindow{Messages: window.GetMessages()[2:]}
	at := func(ms int64) *hotv1.ChatDeliveryPosition { return &hotv1.ChatDeliveryPosition{DeliveredMs: ms} }
	for name, c := range map[string]struct {
		window *hotv1.ChatWindow
		place  *hotv1.ChatDeliveryPosition
		since  int64
		asks   bool
	}{
		"all delivered, server's time":       {window, at(3000), 3000, false},
		"all delivered, a clock ahead":       {window, at(3000), 999_999, false},
		"all delivered, a clock behind":      {window, at(3000), 1500, false},
		"an answer was lost":                 {window, at(3000), 2000, true},
		"something new":                      {window, at(2000), 2000, true},
		"the chat opens":                     {window, at(3000), 0, true},
		"no place":                           {window, nil, 3000, true},
		"no window":                          {nil, at(3000), 3000, true},
		"window does not reach the place":    {tail, at(1000), 3000, true},
		"window does not reach pre_msg_time": {tail, at(3000), 2000, true},
		"window reaches both":                {tail, at(3000), 3000, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			if c.window != nil {
				if err := h.states.Store(hotv1.ChatWindowKey(1, 2), c.window); err != nil {
					t.Fatal(err)
				}
			}
			if c.place != nil {
				if err := h.states.Store(hotv1.ChatDeliveryPositionKey("S", 2), c.place); err != nil {
					t.Fatal(err)
				}
			}
			messages, err := h.Poll(t.Context(), 1, "S", 2, c.since)
			if err != nil || len(messages) > 0 {
				t.Errorf("%v, %v", messages, err)
			}
			if asked := h.chats.Count("Poll") == 1; asked != c.asks {
				t.Errorf("called the owner: %t", asked)
			}
			if !c.asks && h.crossings() != 1 {
				t.Errorf("%d crossings", h.crossings())
			}
		})
	}
}
