package hotv1_test

import (
	"testing"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
)

// The reader polls the conversation with 2, who wrote at 1000, 2000 and 3000;
// the reader wrote at 2500.
func TestNothingNew(t *testing.T) {
	all := []*chatv1.Message{
		{FromUserId: 2, CreatedAtMs: 1000},
		{FromUserId: 2, CreatedAtMs: 2000},
		{FromUserId: 1, CreatedAtMs: 2500},
		{FromUserId: 2, CreatedAtMs: 3000},
	}
	complete, newest := &hotv1.ChatWindow{Complete: true, Messages: all}, &hotv1.ChatWindow{Messages: all[2:]}
	own := &hotv1.ChatWindow{Complete: true, Messages: all[2:3]}
	for name, test := range map[string]struct {
		window             *hotv1.ChatWindow
		delivered, sinceMS int64
		want               bool
	}{
		"all delivered": {complete, 3000, 3000, true},
		"all delivered, the phone's clock is ahead":     {complete, 3000, 999_999, true},
		"all delivered, the phone's clock is behind":    {complete, 3000, 1500, true},
		"all delivered, the reader wrote last":          {complete, 3000, 2500, true},
		"an answer was lost":                            {complete, 3000, 2000, false},
		"a new message":                                 {complete, 2000, 2000, false},
		"a new message, the phone's clock is ahead":     {complete, 2000, 999_999, false},
		"the window begins after the position":          {newest, 1000, 3000, false},
		"the window begins after the time of the phone": {newest, 3000, 2000, false},
		"the window holds what the phone has not":       {newest, 2500, 2500, false},
		"the window reaches back far enough":            {newest, 3000, 3000, true},
		"only the reader wrote":                         {own, 0, 2500, true},
		"nobody wrote":                                  {&hotv1.ChatWindow{Complete: true}, 0, 1, true},
		"a window without messages that is not whole":   {&hotv1.ChatWindow{}, 0, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			position := &hotv1.ChatDeliveryPosition{DeliveredMs: test.delivered}
			if got := hotv1.NothingNew(test.window, position, 2, test.sinceMS); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// The session polled with the time of an own message and received the message of
// 3000 after that of 1000 or 2000.
func TestNothingNewAfterADelivery(t *testing.T) {
	all := []*chatv1.Message{
		{FromUserId: 2, CreatedAtMs: 1000},
		{FromUserId: 2, CreatedAtMs: 2000},
		{FromUserId: 1, CreatedAtMs: 2500},
		{FromUserId: 2, CreatedAtMs: 3000},
	}
	complete, newest := &hotv1.ChatWindow{Complete: true, Messages: all}, &hotv1.ChatWindow{Messages: all[1:]}
	for name, test := range map[string]struct {
		window                   *hotv1.ChatWindow
		since, previous, sinceMS int64
		want                     bool
	}{
		"the answer was lost":                           {complete, 2400, 2000, 2400, false},
		"the answer was lost, the clock is ahead":       {complete, 9000, 2000, 9000, false},
		"the answer arrived":                            {complete, 9000, 2000, 3000, true},
		"the answer arrived, then the reader wrote":     {complete, 9000, 2000, 9001, true},
		"the reader's time is that of the new message":  {complete, 3000, 2000, 3000, true},
		"the reader's time is that of an older message": {complete, 2000, 1000, 2000, false},
		"the window begins after the previous position": {newest, 9000, 1000, 9000, false},
	} {
		t.Run(name, func(t *testing.T) {
			position := &hotv1.ChatDeliveryPosition{DeliveredMs: 3000, SinceMs: test.since, PreviousMs: test.previous}
			if got := hotv1.NothingNew(test.window, position, 2, test.sinceMS); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
