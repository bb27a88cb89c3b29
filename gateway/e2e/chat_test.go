//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

func TestChatShowsBothSidesInOrder(t *testing.T) {
	p := newPhone()
	a, b, other := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	var want []string
	for i := range 3 { // no follow is needed: the organiser's tests have none
		say(t, p, a, b, fmt.Sprintf("a%d", i))
		say(t, p, b, a, fmt.Sprintf("b%d", i))
		want = append(want, fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i))
	}
	say(t, p, a, other, "elsewhere")
	say(t, p, other, b, "elsewhere")
	mine := chat(t, p, a, b, "")
	if !slices.Equal(contents(mine), want) {
		t.Errorf("%v, want %v", contents(mine), want)
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
	if theirs := chat(t, p, b, a, "0"); !slices.Equal(theirs, mine) {
		t.Errorf("the other side sees %v", contents(theirs))
	}
}

// A chat that opens asks for everything, in several ways; a phone that is older
// than the parameter always does.
func TestChatOpensWithTheWholeHistory(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	say(t, p, a, b, "one")
	say(t, p, b, a, "two")
	say(t, p, a, b, "three")
	for _, since := range []string{"", "0", "00", "-1", "abc", "1.5", " "} {
		for range 2 {
			if got := contents(chat(t, p, a, b, since)); !slices.Equal(got, []string{"one", "two", "three"}) {
				t.Errorf("pre_msg_time %q: %v", since, got)
			}
		}
	}
}

// With a time, only what the other person wrote after it is due: the reader's
// own messages are on the screen already.
func TestChatPollBringsOnlyWhatThePeerWroteSince(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	say(t, p, a, b, "a0")
	say(t, p, b, a, "b0")
	opened := chat(t, p, a, b, "0")
	since := decimal(opened[len(opened)-1].CreateTime)
	for range 2 {
		if got := chat(t, p, a, b, since); len(got) != 0 {
			t.Errorf("nothing is new, and %v comes", contents(got))
		}
	}
	say(t, p, a, b, "a1")
	say(t, p, b, a, "b1")
	say(t, p, a, b, "a2")
	say(t, p, b, a, "b2")
	got := chat(t, p, a, b, since)
	if !slices.Equal(contents(got), []string{"b1", "b2"}) {
		t.Errorf("%v, want b1 and b2", contents(got))
	}
	if got := chat(t, p, a, b, decimal(got[len(got)-1].CreateTime)); len(got) != 0 {
		t.Errorf("read, and %v comes again", contents(got))
	}
}

// The time that a phone tells may be its own clock, which may be wrong. What was
// delivered is remembered, so nothing comes twice and nothing is skipped.
func TestChatPollWithAPhonesOwnClock(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	say(t, p, b, a, "b0")
	chat(t, p, a, b, "0")
	clocks := func(off time.Duration) string { return decimal(time.Now().Add(off).UnixMilli()) }
	for i, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute, -24 * 365 * time.Hour, 24 * 365 * time.Hour, 0} {
		say(t, p, a, b, fmt.Sprintf("a%d", i))
		text := fmt.Sprintf("after a clock off by %s", off)
		say(t, p, b, a, text)
		if got := chat(t, p, a, b, clocks(off)); !slices.Equal(contents(got), []string{text}) {
			t.Errorf("off by %s: %v, want what was not delivered yet", off, contents(got))
		}
		if got := chat(t, p, a, b, clocks(off)); len(got) != 0 {
			t.Errorf("off by %s: %v comes again", off, contents(got))
		}
	}
	for _, huge := range []string{"9223372036854775807", "99999999999999999999999"} {
		if got := chat(t, p, a, b, huge); len(got) != 0 {
			t.Errorf("pre_msg_time %s: %v", huge, contents(got))
		}
	}
	say(t, p, b, a, "after all that")
	if got := chat(t, p, a, b, clocks(0)); !slices.Equal(contents(got), []string{"after all that"}) {
		t.Errorf("%v, want the last one", contents(got))
	}
}

// A phone that tells the time of an older message has lost an answer, and gets
// what was in it.
func TestChatPollHealsALostAnswer(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	for i := range 4 {
		say(t, p, b, a, fmt.Sprintf("b%d", i))
	}
	history := chat(t, p, a, b, "0")
	for i, m := range history {
		want := contents(history[i+1:])
		for range 2 {
			if got := contents(chat(t, p, a, b, decimal(m.CreateTime))); !slices.Equal(got, want) {
				t.Errorf("from message %d on: %v, want %v", i, got, want)
			}
			// Back to the end.
			chat(t, p, a, b, decimal(history[len(history)-1].CreateTime))
		}
	}
}

// Each device of a reader has a place of its own, and one that the server knows
// nothing of starts where it says, yet not past now.
func TestChatPlacesOfDevices(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	device := func() account {
		r := must(p.Login(t.Context(), a.Name, a.Password))(t)
		accepted(t, r)
		other := a
		other.Token = r.Token
		return other
	}
	say(t, p, b, a, "b0")
	say(t, p, b, a, "b1")
	history := chat(t, p, a, b, "0")
	one, two, ahead, seconds := device(), device(), device(), device()
	if got := chat(t, p, one, b, decimal(history[0].CreateTime)); !slices.Equal(contents(got), []string{"b1"}) {
		t.Errorf("an unknown device after b0: %v", contents(got))
	}
	if got := chat(t, p, two, b, "0"); !slices.Equal(contents(got), []string{"b0", "b1"}) {
		t.Errorf("a second device: %v", contents(got))
	}
	if got := chat(t, p, ahead, b, decimal(time.Now().Add(time.Hour).UnixMilli())); len(got) != 0 {
		t.Errorf("a device that is ahead: %v", contents(got))
	}
	// In seconds: the start of the second before both, so both are due.
	if got := chat(t, p, seconds, b, decimal(history[0].CreateTime/1000-1)); !slices.Equal(contents(got), []string{"b0", "b1"}) {
		t.Errorf("a time in seconds: %v", contents(got))
	}
	say(t, p, b, a, "b2")
	last := decimal(history[1].CreateTime)
	for what, d := range map[string]account{"first": a, "unknown": one, "second": two, "ahead": ahead, "in seconds": seconds} {
		if got := chat(t, p, d, b, last); !slices.Equal(contents(got), []string{"b2"}) {
			t.Errorf("device %s: %v, want b2", what, contents(got))
		}
	}
}

// A logged-out phone polls too, and an error would show on its screen each time.
func TestChatOfGuestsIsEmpty(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	say(t, p, a, b, "private")
	for what, token := range map[string]string{"none": "", "nonsense": "nonsense"} {
		for _, since := range []string{"", "0", "1677758442403"} {
			r := must(p.Chat(t.Context(), token, b.ID, since))(t)
			accepted(t, r)
			if len(r.Messages) != 0 {
				t.Errorf("token %s reads %v", what, contents(r.Messages))
			}
		}
	}
	stranger := newAccount(t, p)
	if got := chat(t, p, stranger, b, "0"); len(got) != 0 {
		t.Errorf("a stranger reads %v", contents(got))
	}
}

// Texts come back as they were sent, since the sender's phone shows them so
// already.
func TestChatTexts(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	sent := []string{strings.Repeat("话", 500), "x", " around ", "a\nb\tc", "👋🏽", `<b>"&amp;'</b>`, "a&b=c%20d+e"}
	for _, text := range sent {
		say(t, p, a, b, text)
	}
	if got := contents(chat(t, p, b, a, "0")); !slices.Equal(got, sent) {
		t.Errorf("sent %q, got %q", sent, got)
	}
}

// A client that names its request may repeat it when the answer was lost.
func TestMessageRepeatedByRequestID(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	for _, c := range []struct {
		from, to account
		text, as string
	}{{a, b, "one", "r1"}, {a, b, "one", "r1"}, {b, a, "two", "r1"}, {a, b, "three", "r2"}, {a, b, "one", "r1"}, {a, b, "one", "r3"}} {
		accepted(t, must(p.SendAs(t.Context(), c.from.Token, c.to.ID, c.text, c.as))(t))
	}
	if got := contents(chat(t, p, a, b, "0")); !slices.Equal(got, []string{"one", "two", "three", "one"}) {
		t.Errorf("%v", got)
	}
}

// However many write at once, times strictly grow, both sides see one order, and
// what one sender wrote stays in order.
func TestManyMessagesAtOnce(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	const writers, each = 10, 10
	var group errgroup.Group
	for w := range writers {
		from, to := a, b
		if w%2 == 1 {
			from, to = b, a
		}
		group.Go(func() error {
			for i := range each {
				if err := acknowledged(p.Send(t.Context(), from.Token, to.ID, fmt.Sprintf("%d-%d", w, i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	mine, theirs := chat(t, p, a, b, "0"), chat(t, p, b, a, "0") // the reader checks the times
	if !slices.Equal(mine, theirs) {
		t.Error("the two sides see different orders")
	}
	next := map[string]int{}
	for _, m := range mine {
		writer, i, _ := strings.Cut(m.Content, "-")
		if i != fmt.Sprint(next[writer]) {
			t.Errorf("writer %s: %s where %d is due", writer, i, next[writer])
		}
		next[writer]++
	}
	if len(mine) != writers*each {
		t.Errorf("%d messages of %d", len(mine), writers*each)
	}
}
