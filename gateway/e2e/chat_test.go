//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

func TestChatShowsBothSidesInOrder(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b, other := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	var want []string
	for i := range 3 { // without a follow, as in the organiser's tests
		e2etest.SendMessage(t, p, a, b, fmt.Sprintf("a%d", i))
		e2etest.SendMessage(t, p, b, a, fmt.Sprintf("b%d", i))
		want = append(want, fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i))
	}
	e2etest.SendMessage(t, p, a, other, "elsewhere")
	e2etest.SendMessage(t, p, other, b, "elsewhere")
	mine := e2etest.Chat(t, p, a, b, 0)
	if !slices.Equal(e2etest.Contents(mine), want) {
		t.Errorf("%v, want %v", e2etest.Contents(mine), want)
	}
	for i, m := range mine {
		from, to := a.ID, b.ID
		if i%2 == 1 {
			from, to = b.ID, a.ID
		}
		if m.FromUserID != from || m.ToUserID != to {
			t.Errorf("message %d is from %d to %d", i, m.FromUserID, m.ToUserID)
		}
		if off := time.Since(time.UnixMilli(m.CreateTime)); off < -time.Minute || off > time.Minute {
			t.Errorf("create_time of message %d is off by %s", i, off)
		}
	}
	if theirs := e2etest.Chat(t, p, b, a, 0); !slices.Equal(theirs, mine) {
		t.Errorf("the other side sees %v", e2etest.Contents(theirs))
	}
}

// Phones ask for the whole conversation in several ways when a chat opens, and older
// ones always do.
func TestChatOpensWithTheWholeHistory(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	e2etest.SendMessage(t, p, a, b, "one")
	e2etest.SendMessage(t, p, b, a, "two")
	e2etest.SendMessage(t, p, a, b, "three")
	for _, since := range []string{"", "0", "00", "-1", "abc", "1.5", " "} {
		for range 2 {
			if got := e2etest.Contents(rawChat(t, p, a.Token, b, since)); !slices.Equal(got, []string{"one", "two", "three"}) {
				t.Errorf("pre_msg_time %q: %v", since, got)
			}
		}
	}
}

// rawChat polls with any text in the place of a time.
func rawChat(t *testing.T, p *client.Client, token string, peer e2etest.Account, since string) []client.Message {
	t.Helper()
	r := e2etest.Must(client.Call[client.MessagesResponse](t.Context(), p, http.MethodGet, "/douyin/message/chat/",
		url.Values{"token": {token}, "to_user_id": {e2etest.Decimal(peer.ID)}, "pre_msg_time": {since}}))(t)
	e2etest.Accepted(t, r)
	return r.Messages
}

// A poll with a time returns only what the peer wrote since: the phone shows its
// user's own messages already.
func TestChatPollBringsOnlyWhatThePeerWroteSince(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	e2etest.SendMessage(t, p, a, b, "a0")
	e2etest.SendMessage(t, p, b, a, "b0")
	opened := e2etest.Chat(t, p, a, b, 0)
	since := opened[len(opened)-1].CreateTime
	for range 2 {
		if got := e2etest.Chat(t, p, a, b, since); len(got) != 0 {
			t.Errorf("%v delivered, though nothing is new", e2etest.Contents(got))
		}
	}
	e2etest.SendMessage(t, p, a, b, "a1")
	e2etest.SendMessage(t, p, b, a, "b1")
	e2etest.SendMessage(t, p, a, b, "a2")
	e2etest.SendMessage(t, p, b, a, "b2")
	got := e2etest.Chat(t, p, a, b, since)
	if !slices.Equal(e2etest.Contents(got), []string{"b1", "b2"}) {
		t.Errorf("%v, want b1 and b2", e2etest.Contents(got))
	}
	if got := e2etest.Chat(t, p, a, b, got[len(got)-1].CreateTime); len(got) != 0 {
		t.Errorf("%v delivered again", e2etest.Contents(got))
	}
}

// The time of a poll may come from the clock of the phone, which may be wrong. The
// server remembers what it has delivered, so no message comes twice and none is
// skipped.
func TestChatPollWithAPhonesOwnClock(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	e2etest.SendMessage(t, p, b, a, "b0")
	e2etest.Chat(t, p, a, b, 0)
	clocks := func(off time.Duration) int64 { return time.Now().Add(off).UnixMilli() }
	for i, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute, -24 * 365 * time.Hour, 24 * 365 * time.Hour, 0} {
		e2etest.SendMessage(t, p, a, b, fmt.Sprintf("a%d", i))
		text := fmt.Sprintf("after a clock off by %s", off)
		e2etest.SendMessage(t, p, b, a, text)
		if got := e2etest.Chat(t, p, a, b, clocks(off)); !slices.Equal(e2etest.Contents(got), []string{text}) {
			t.Errorf("off by %s: %v, want only the new message", off, e2etest.Contents(got))
		}
		if got := e2etest.Chat(t, p, a, b, clocks(off)); len(got) != 0 {
			t.Errorf("off by %s: %v delivered again", off, e2etest.Contents(got))
		}
	}
	for _, huge := range []string{"9223372036854775807", "99999999999999999999999"} {
		if got := rawChat(t, p, a.Token, b, huge); len(got) != 0 {
			t.Errorf("pre_msg_time %s: %v", huge, e2etest.Contents(got))
		}
	}
	e2etest.SendMessage(t, p, b, a, "after all that")
	if got := e2etest.Chat(t, p, a, b, clocks(0)); !slices.Equal(e2etest.Contents(got), []string{"after all that"}) {
		t.Errorf("%v, want the last one", e2etest.Contents(got))
	}
}

// A phone that polls with the time of an older message has lost a response, and
// gets its messages again.
func TestChatPollRepeatsALostResponse(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	for i := range 4 {
		e2etest.SendMessage(t, p, b, a, fmt.Sprintf("b%d", i))
	}
	history := e2etest.Chat(t, p, a, b, 0)
	for i, m := range history {
		want := e2etest.Contents(history[i+1:])
		for range 2 {
			if got := e2etest.Contents(e2etest.Chat(t, p, a, b, m.CreateTime)); !slices.Equal(got, want) {
				t.Errorf("from message %d on: %v, want %v", i, got, want)
			}
			// The phone continues at the end.
			e2etest.Chat(t, p, a, b, history[len(history)-1].CreateTime)
		}
	}
}

// Each device of a user has its own delivery position. A device without one starts
// at the time of its poll, but not in the future.
func TestChatDeliveryPositionsOfDevices(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	device := func() e2etest.Account {
		r := e2etest.Must(p.Login(t.Context(), a.Name, a.Password))(t)
		e2etest.Accepted(t, r)
		other := a
		other.Token = r.Token
		return other
	}
	e2etest.SendMessage(t, p, b, a, "b0")
	e2etest.SendMessage(t, p, b, a, "b1")
	history := e2etest.Chat(t, p, a, b, 0)
	one, two, ahead, seconds := device(), device(), device(), device()
	if got := e2etest.Chat(t, p, one, b, history[0].CreateTime); !slices.Equal(e2etest.Contents(got), []string{"b1"}) {
		t.Errorf("a new device after b0: %v", e2etest.Contents(got))
	}
	if got := e2etest.Chat(t, p, two, b, 0); !slices.Equal(e2etest.Contents(got), []string{"b0", "b1"}) {
		t.Errorf("a second device: %v", e2etest.Contents(got))
	}
	if got := e2etest.Chat(t, p, ahead, b, time.Now().Add(time.Hour).UnixMilli()); len(got) != 0 {
		t.Errorf("a device whose clock is ahead: %v", e2etest.Contents(got))
	}
	// The second before both messages, so both are new.
	if got := e2etest.Chat(t, p, seconds, b, history[0].CreateTime/1000-1); !slices.Equal(e2etest.Contents(got), []string{"b0", "b1"}) {
		t.Errorf("a time in seconds: %v", e2etest.Contents(got))
	}
	e2etest.SendMessage(t, p, b, a, "b2")
	last := history[1].CreateTime
	for what, d := range map[string]e2etest.Account{"first": a, "new": one, "second": two, "ahead": ahead, "in seconds": seconds} {
		if got := e2etest.Chat(t, p, d, b, last); !slices.Equal(e2etest.Contents(got), []string{"b2"}) {
			t.Errorf("device %s: %v, want b2", what, e2etest.Contents(got))
		}
	}
}

// A logged-out phone polls too, and would show an error each time.
func TestChatOfGuestsIsEmpty(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	e2etest.SendMessage(t, p, a, b, "for two")
	for what, token := range map[string]string{"none": "", "nonsense": "nonsense"} {
		for _, since := range []string{"", "0", "1677758442403"} {
			if got := rawChat(t, p, token, b, since); len(got) != 0 {
				t.Errorf("token %s reads %v", what, e2etest.Contents(got))
			}
		}
	}
	stranger := e2etest.NewAccount(t, p)
	if got := e2etest.Chat(t, p, stranger, b, 0); len(got) != 0 {
		t.Errorf("a stranger reads %v", e2etest.Contents(got))
	}
}

// Messages keep their text exactly, since the sender's phone already shows it.
func TestChatTexts(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	sent := []string{strings.Repeat("话", 500), "x", " around ", "a\nb\tc", "👋🏽", `<b>"&amp;'</b>`, "a&b=c%20d+e"}
	for _, text := range sent {
		e2etest.SendMessage(t, p, a, b, text)
	}
	if got := e2etest.Contents(e2etest.Chat(t, p, b, a, 0)); !slices.Equal(got, sent) {
		t.Errorf("sent %q, got %q", sent, got)
	}
}

// A message with a request id can be sent again after a lost response.
func TestMessageRepeatedByRequestID(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	for _, c := range []struct {
		from, to e2etest.Account
		text, as string
	}{{a, b, "one", "r1"}, {a, b, "one", "r1"}, {b, a, "two", "r1"}, {a, b, "three", "r2"}, {a, b, "one", "r1"}, {a, b, "one", "r3"}} {
		e2etest.Accepted(t, e2etest.Must(p.SendMessage(t.Context(), c.from.Token, c.to.ID, c.text, c.as))(t))
	}
	if got := e2etest.Contents(e2etest.Chat(t, p, a, b, 0)); !slices.Equal(got, []string{"one", "two", "three", "one"}) {
		t.Errorf("%v", got)
	}
}

// Many messages at the same time get strictly increasing times. Both sides see one
// order, in which the messages of each writer are in order.
func TestManyMessagesAtOnce(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	const writers, each = 10, 10
	var group errgroup.Group
	for w := range writers {
		from, to := a, b
		if w%2 == 1 {
			from, to = b, a
		}
		group.Go(func() error {
			for i := range each {
				if err := e2etest.Acknowledged(p.SendMessage(t.Context(), from.Token, to.ID, fmt.Sprintf("%d-%d", w, i), "")); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	mine, theirs := e2etest.Chat(t, p, a, b, 0), e2etest.Chat(t, p, b, a, 0) // the client checks the times
	if !slices.Equal(mine, theirs) {
		t.Error("the two sides see different orders")
	}
	next := map[string]int{}
	for _, m := range mine {
		writer, i, _ := strings.Cut(m.Content, "-")
		if i != fmt.Sprint(next[writer]) {
			t.Errorf("writer %s: message %s, want %d", writer, i, next[writer])
		}
		next[writer]++
	}
	if len(mine) != writers*each {
		t.Errorf("%d messages of %d", len(mine), writers*each)
	}
}
