// Package storetest is the conformance suite of the stores of the chat service.
// It runs on the fake and on a real database, so that both behave the same.
package storetest

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
)

// Store combines the storage ports of the service.
type Store interface {
	chat.Messages
	chat.DeliveryPositions
}

// Run runs the suite. open returns an empty store that is closed with the test.
func Run(t *testing.T, open func(t *testing.T) Store) {
	tests := map[string]func(*testing.T, Store){
		"numbers are 1, 2, 3 and times strictly increase": ordered,
		"a message is read as it was written":             roundTrip,
		"one message per request id":                      oncePerRequest,
		"concurrent writers get one order without gaps":   storm,
		"the newest messages are read oldest first":       newest,
		"messages before a number":                        before,
		"messages of the peer after a time":               peerAfter,
		"the newest message with each peer":               latest,
		"each session and peer has its own position":      positions,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

const baseMS = 1_772_366_400_000

func send(t *testing.T, s Store, id, from, to, atMS int64) chat.Message {
	t.Helper()
	message, err := s.Append(t.Context(), chat.Message{
		ID: id, FromUserID: from, ToUserID: to, Content: fmt.Sprintf("第%d条 👋", id), CreatedAtMS: atMS,
	})
	if err != nil {
		t.Fatalf("Append(%d): %v", id, err)
	}
	return message
}

func history(t *testing.T, s Store, a, b int64) []chat.Message {
	t.Helper()
	messages, err := s.Newest(t.Context(), a, b, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func idsOf(messages []chat.Message) []int64 {
	ids := []int64{}
	for _, m := range messages {
		ids = append(ids, m.ID)
	}
	return ids
}

func ordered(t *testing.T, s Store) {
	// Equal times, and a clock that went back.
	for i, at := range []int64{baseMS, baseMS, baseMS - 5000, baseMS + 10} {
		send(t, s, int64(i+1), 1+int64(i%2), 2-int64(i%2), at)
	}
	for i, m := range history(t, s, 2, 1) {
		wantMS := []int64{baseMS, baseMS + 1, baseMS + 2, baseMS + 10}[i]
		if m.Seq != int64(i+1) || m.CreatedAtMS != wantMS {
			t.Errorf("message %d has number %d and time %+d", i, m.Seq, m.CreatedAtMS-baseMS)
		}
	}
}

func roundTrip(t *testing.T, s Store) {
	sent, err := s.Append(t.Context(), chat.Message{
		ID: 7, FromUserID: 20, ToUserID: 10, Content: "a\n' OR 1=1 -- 你好", RequestID: "r-1", CreatedAtMS: baseMS,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := history(t, s, 10, 20); len(got) != 1 || got[0] != sent || got[0].ToUserID != 10 {
		t.Errorf("sent %+v, found %+v", sent, got)
	}
	if got := history(t, s, 10, 30); len(got) > 0 {
		t.Errorf("another conversation has %+v", got)
	}
}

func oncePerRequest(t *testing.T, s Store) {
	ask := func(id, from, to int64) chat.Message {
		m, err := s.Append(t.Context(), chat.Message{ID: id, FromUserID: from, ToUserID: to, Content: "x", RequestID: "r", CreatedAtMS: baseMS})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	first := ask(1, 1, 2)
	if again := ask(2, 1, 2); again != first {
		t.Errorf("the repeated request returned %+v", again)
	}
	if other := ask(3, 2, 1); other.ID != 3 {
		t.Errorf("the peer's use of the request id counted: %+v", other)
	}
	if other := ask(4, 1, 3); other.ID != 4 {
		t.Errorf("the use of the request id in another conversation counted: %+v", other)
	}
	if got := idsOf(history(t, s, 1, 2)); !slices.Equal(got, []int64{1, 3}) {
		t.Errorf("history is %v", got)
	}
}

func storm(t *testing.T, s Store) {
	const writers, each = 8, 20
	var group sync.WaitGroup
	for writer := range int64(writers) {
		group.Go(func() {
			for n := range int64(each) {
				_, err := s.Append(t.Context(), chat.Message{
					ID: writer*1000 + n + 1, FromUserID: 1 + writer%2, ToUserID: 2 - writer%2, Content: "x", CreatedAtMS: baseMS,
				})
				if err != nil {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	group.Wait()
	messages := history(t, s, 1, 2)
	if len(messages) != writers*each {
		t.Fatalf("%d messages", len(messages))
	}
	for i, m := range messages {
		if m.Seq != int64(i+1) || m.CreatedAtMS != baseMS+int64(i) {
			t.Fatalf("message %d has number %d and time %+d", i, m.Seq, m.CreatedAtMS-baseMS)
		}
	}
}

func newest(t *testing.T, s Store) {
	for id := int64(1); id <= 5; id++ {
		send(t, s, id, 1, 2, baseMS)
	}
	got, err := s.Newest(t.Context(), 1, 2, 3)
	if err != nil || !slices.Equal(idsOf(got), []int64{3, 4, 5}) {
		t.Errorf("newest are %v, %v", idsOf(got), err)
	}
}

func before(t *testing.T, s Store) {
	for id := int64(1); id <= 5; id++ {
		send(t, s, id, 1, 2, baseMS)
	}
	for _, c := range []struct {
		before int64
		limit  int
		want   []int64
	}{{math.MaxInt64, 2, []int64{4, 5}}, {4, 2, []int64{2, 3}}, {2, 2, []int64{1}}, {1, 2, []int64{}}, {6, 10, []int64{1, 2, 3, 4, 5}}} {
		got, err := s.Before(t.Context(), 2, 1, c.before, c.limit)
		if err != nil || !slices.Equal(idsOf(got), c.want) {
			t.Errorf("before %d: %v, %v", c.before, idsOf(got), err)
		}
	}
}

func peerAfter(t *testing.T, s Store) {
	for id := int64(1); id <= 6; id++ {
		send(t, s, id, 1+id%2, 2-id%2, baseMS+id) // 2 writes the odd ones
	}
	for _, c := range []struct {
		after int64
		limit int
		want  []int64
	}{{0, 10, []int64{1, 3, 5}}, {baseMS + 1, 10, []int64{3, 5}}, {baseMS + 4, 10, []int64{5}}, {baseMS + 5, 10, []int64{}}, {0, 2, []int64{1, 3}}} {
		got, err := s.PeerAfter(t.Context(), 1, 2, c.after, c.limit)
		if err != nil || !slices.Equal(idsOf(got), c.want) {
			t.Errorf("after %d: %v, %v", c.after, idsOf(got), err)
		}
	}
	for at, want := range map[int64]bool{baseMS + 1: true, baseMS + 2: false, baseMS + 99: false} {
		if got, err := s.IsPeerTime(t.Context(), 1, 2, at); err != nil || got != want {
			t.Errorf("IsPeerTime(%+d) is %t, %v", at-baseMS, got, err)
		}
	}
}

func latest(t *testing.T, s Store) {
	send(t, s, 1, 5, 2, baseMS)
	send(t, s, 2, 2, 5, baseMS+1)
	send(t, s, 3, 9, 5, baseMS)
	send(t, s, 4, 2, 9, baseMS)
	got, err := s.Latest(t.Context(), 5, []int64{2, 9, 7})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b chat.Message) int { return int(a.ID - b.ID) })
	if !slices.Equal(idsOf(got), []int64{2, 3}) || got[0].FromUserID != 2 || got[0].ToUserID != 5 || got[1].FromUserID != 9 {
		t.Errorf("latest are %+v", got)
	}
	if got, err := s.Latest(t.Context(), 5, nil); err != nil || len(got) > 0 {
		t.Errorf("with nobody: %+v, %v", got, err)
	}
}

func positions(t *testing.T, s Store) {
	reader := chat.Reader{UserID: 1, PeerID: 2, SessionID: "01ARZ3NDEKTSV4RRFFQ69G5FAV"}
	if _, known, err := s.DeliveryPosition(t.Context(), reader); known || err != nil {
		t.Errorf("a position before the first one was set: %t, %v", known, err)
	}
	for _, want := range []chat.DeliveryPosition{
		{DeliveredMS: baseMS},
		{DeliveredMS: baseMS + 2, SinceMS: baseMS + 1, PreviousMS: baseMS},
		{DeliveredMS: baseMS - 1, SinceMS: 1},
		{},
	} {
		if err := s.SetDeliveryPosition(t.Context(), reader, want, time.UnixMilli(baseMS)); err != nil {
			t.Fatal(err)
		}
		if got, known, err := s.DeliveryPosition(t.Context(), reader); !known || err != nil || got != want {
			t.Errorf("position is %+v, %t, %v", got, known, err)
		}
	}
	for _, other := range []chat.Reader{
		{UserID: 1, PeerID: 3, SessionID: reader.SessionID},
		{UserID: 1, PeerID: 2, SessionID: "01ARZ3NDEKTSV4RRFFQ69G5FAW"},
	} {
		if _, known, err := s.DeliveryPosition(t.Context(), other); known || err != nil {
			t.Errorf("%+v has a position: %v", other, err)
		}
	}
}
