package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/fake"
)

func newService(clock func() time.Time, policy chat.Policy) (*chat.Service, *fake.Store) {
	store := fake.NewStore()
	return chat.New(chat.Ports{
		Messages: store, Positions: store, Hot: fake.Hot{},
		Users: &fake.Users{Known: []int64{1, 2, 3}}, Relations: &fake.Relations{},
		IDs: &fake.IDs{}, Clock: clock, Policy: policy,
	}), store
}

// fixed returns a clock that always shows the same time.
func fixed() func() time.Time {
	return func() time.Time { return time.UnixMilli(1_772_366_400_000) }
}

func TestSendRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		from, to  int64
		content   string
		requestID string
		policy    chat.Policy
		want      error
	}{
		"oneself":           {1, 1, "x", "", chat.Anyone, chat.ErrSelfMessage},
		"an unknown user":   {1, 9, "x", "", chat.Anyone, chat.ErrUserUnknown},
		"user 0":            {1, 0, "x", "", chat.Anyone, chat.ErrIDInvalid},
		"empty text":        {1, 2, "", "", chat.Anyone, chat.ErrMessageInvalid},
		"only white space":  {1, 2, " \n\t", "", chat.Anyone, chat.ErrMessageInvalid},
		"too long":          {1, 2, strings.Repeat("好", 501), "", chat.Anyone, chat.ErrMessageInvalid},
		"invalid UTF-8":     {1, 2, "a\xffb", "", chat.Anyone, chat.ErrMessageInvalid},
		"terminal escape":   {1, 2, "\x1b[2J", "", chat.Anyone, chat.ErrMessageInvalid},
		"a long request id": {1, 2, "x", strings.Repeat("r", 65), chat.Anyone, chat.ErrRequestID},
		"not a friend":      {1, 2, "x", "", chat.Friends, chat.ErrNotFriends},
	} {
		t.Run(name, func(t *testing.T) {
			s, store := newService(fixed(), c.policy)
			if _, err := s.Send(t.Context(), c.from, c.to, c.content, c.requestID); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if messages, _ := store.Newest(t.Context(), c.from, c.to, 10); len(messages) > 0 {
				t.Error("a refused message was stored")
			}
		})
	}
}

func TestSendDoesNotChangeTheText(t *testing.T) {
	s, _ := newService(fixed(), chat.Anyone)
	for _, text := range []string{" padded ", strings.Repeat("好", 500), "a\nb", "👨‍👩‍👧"} {
		if m, err := s.Send(t.Context(), 1, 2, text, ""); err != nil || m.Content != text {
			t.Errorf("%q: %+v, %v", text, m, err)
		}
	}
}

// The first text is stored, so the second one may not be acknowledged.
func TestRequestIDWithAnotherTextIsRefused(t *testing.T) {
	s, store := newService(fixed(), chat.Anyone)
	first, err := s.Send(t.Context(), 1, 2, "hello", "r")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Send(t.Context(), 1, 2, "hello", "r"); err != nil || again != first {
		t.Errorf("repeated: %+v, %v", again, err)
	}
	if m, err := s.Send(t.Context(), 1, 2, "hello!", "r"); !errors.Is(err, chat.ErrRequestReused) {
		t.Errorf("another text: %+v, %v", m, err)
	}
	if messages, _ := store.Newest(t.Context(), 1, 2, 10); len(messages) != 1 {
		t.Errorf("stored %+v", messages)
	}
}

func TestHistoryReachesTheFirstMessage(t *testing.T) {
	s, _ := newService(fixed(), chat.Anyone)
	const all = chat.MaxHistory + 7
	for n := range all {
		if _, err := s.Send(t.Context(), int64(1+n%2), int64(2-n%2), fmt.Sprint(n), ""); err != nil {
			t.Fatal(err)
		}
	}
	var texts []string
	pages := 0
	for before := int64(0); pages == 0 || before > 0; pages++ {
		messages, next, err := s.History(t.Context(), 2, 1, before, 500)
		if err != nil {
			t.Fatal(err)
		}
		var page []string
		for _, m := range messages {
			page = append(page, m.Content)
		}
		texts = append(page, texts...)
		before = next
	}
	if len(texts) != all || texts[0] != "0" || texts[all-1] != fmt.Sprint(all-1) || pages != 3 {
		t.Errorf("%d messages on %d pages, the first is %s", len(texts), pages, texts[0])
	}
	if messages, next, err := s.History(t.Context(), 1, 2, 0, 0); err != nil || len(messages) != chat.MaxHistory || next != 8 {
		t.Errorf("without a limit: %d messages, next %d, %v", len(messages), next, err)
	}
	if messages, next, err := s.History(t.Context(), 1, 3, 0, 0); err != nil || len(messages) > 0 || next != 0 {
		t.Errorf("an empty conversation: %v, next %d, %v", messages, next, err)
	}
	for _, ids := range [][3]int64{{0, 2, 0}, {1, 0, 0}, {1, 1, 0}, {1, 2, -1}} {
		if _, _, err := s.History(t.Context(), ids[0], ids[1], ids[2], 0); !errors.Is(err, chat.ErrIDInvalid) {
			t.Errorf("%v: %v", ids, err)
		}
	}
}

func TestPolicyFriendsAllowsFriends(t *testing.T) {
	s, _ := newService(fixed(), chat.Friends)
	s.Relations = &fake.Relations{Friends: true}
	if _, err := s.Send(t.Context(), 1, 2, "x", ""); err != nil {
		t.Error(err)
	}
}

func TestPollWithoutMessagesIsEmpty(t *testing.T) {
	s, _ := newService(fixed(), chat.Anyone)
	reader := chat.Reader{UserID: 1, PeerID: 2, SessionID: "A"}
	for _, since := range []int64{0, 1, 1_772_366_400_000, 1 << 60} {
		if messages, err := s.Poll(t.Context(), reader, since); err != nil || len(messages) > 0 {
			t.Errorf("since %d: %v, %v", since, messages, err)
		}
	}
}

func TestPollRefuses(t *testing.T) {
	s, _ := newService(fixed(), chat.Anyone)
	for _, r := range []chat.Reader{{UserID: 1, PeerID: 1, SessionID: "A"}, {UserID: 1, SessionID: "A"}, {PeerID: 1, SessionID: "A"}, {UserID: 1, PeerID: 2}} {
		if _, err := s.Poll(t.Context(), r, 0); !errors.Is(err, chat.ErrIDInvalid) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// The conversation is longer than the window of the hot document, so that both
// the document and the rows are used.
func TestPollBeyondTheWindow(t *testing.T) {
	s, _ := newService(fixed(), chat.Anyone)
	reader := chat.Reader{UserID: 1, PeerID: 2, SessionID: "A"}
	first, err := s.Send(t.Context(), 2, 1, "first", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Poll(t.Context(), reader, 0); err != nil {
		t.Fatal(err)
	}
	for n := range 3 * chat.MaxWindow {
		if _, err := s.Send(t.Context(), 2, 1, fmt.Sprint(n), ""); err != nil {
			t.Fatal(err)
		}
	}
	messages, err := s.Poll(t.Context(), reader, first.CreatedAtMS)
	if err != nil || len(messages) != 3*chat.MaxWindow || messages[0].Content != "0" {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	// The answer got lost: the phone still sends the time of the first message.
	again, err := s.Poll(t.Context(), reader, first.CreatedAtMS)
	if err != nil || len(again) != len(messages) {
		t.Errorf("after a lost answer %d messages, %v", len(again), err)
	}
	all, err := s.Poll(t.Context(), reader, 0)
	if err != nil || len(all) != 3*chat.MaxWindow+1 || all[0].Content != "first" {
		t.Errorf("history of %d messages, %v", len(all), err)
	}
}

// Without a stored position, later messages must not be hidden from a phone whose
// clock is ahead.
func TestLostPositionOfAPhoneWithAClockAhead(t *testing.T) {
	s, store := newService(fixed(), chat.Anyone)
	reader := chat.Reader{UserID: 1, PeerID: 2, SessionID: "A"}
	ahead := fixed()().Add(10 * time.Minute).UnixMilli()
	if _, err := s.Send(t.Context(), 1, 2, "mine", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Poll(t.Context(), reader, ahead); err != nil {
		t.Fatal(err)
	}
	store.DropDeliveryPositions()
	if _, err := s.Poll(t.Context(), reader, ahead); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), 2, 1, "yours", ""); err != nil {
		t.Fatal(err)
	}
	messages, err := s.Poll(t.Context(), reader, ahead)
	if err != nil || len(messages) != 1 || messages[0].Content != "yours" {
		t.Errorf("messages %v, %v", messages, err)
	}
}

func TestLatestByPeerRefuses(t *testing.T) {
	s, _ := newService(fixed(), chat.Anyone)
	if _, err := s.LatestByPeer(t.Context(), 1, make([]int64, chat.MaxPeers+1)); !errors.Is(err, chat.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
	if _, err := s.LatestByPeer(t.Context(), 1, []int64{0}); !errors.Is(err, chat.ErrIDInvalid) {
		t.Errorf("id 0: %v", err)
	}
}
