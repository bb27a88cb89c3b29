package chat_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
)

// bubble is a message as a phone shows it.
type bubble struct {
	text   string
	timeMS int64
}

// phone behaves like the known client: it appends every message of a poll, draws
// its own messages at once with the time of its own clock, and polls with the
// time of the newest bubble, or 0 without one.
type phone struct {
	t       *testing.T
	service *chat.Service
	reader  chat.Reader
	clock   func() time.Time
	screen  []bubble
}

func (p *phone) send(text string) {
	p.t.Helper()
	p.screen = append(p.screen, bubble{text, p.clock().UnixMilli()})
	if _, err := p.service.Send(p.t.Context(), p.reader.UserID, p.reader.PeerID, text, ""); err != nil {
		p.t.Fatal(err)
	}
}

// poll polls once. A lost answer never reaches the screen.
func (p *phone) poll(lost bool) {
	p.t.Helper()
	var since int64
	if n := len(p.screen); n > 0 {
		since = p.screen[n-1].timeMS
	}
	messages, err := p.service.Poll(p.t.Context(), p.reader, since)
	if err != nil {
		p.t.Fatal(err)
	}
	if lost {
		return
	}
	for _, m := range messages {
		p.screen = append(p.screen, bubble{m.Content, m.CreatedAtMS})
	}
}

// reopen closes the chat and opens it again.
func (p *phone) reopen() {
	p.screen = nil
	p.poll(false)
}

// check expects each message once, and those of each side in the order in which
// they were sent.
func (p *phone) check(sent map[string][]string) {
	p.t.Helper()
	seen := map[string]int{}
	next := map[string]int{}
	for _, b := range p.screen {
		seen[b.text]++
		side := b.text[:1]
		if n := next[side]; n < len(sent[side]) && sent[side][n] == b.text {
			next[side]++
		} else {
			p.t.Errorf("user %d sees %q instead of the next message of side %s", p.reader.UserID, b.text, side)
			return
		}
	}
	for side, texts := range sent {
		if next[side] != len(texts) {
			p.t.Errorf("user %d sees %d of %d messages of side %s", p.reader.UserID, next[side], len(texts), side)
		}
		for _, text := range texts {
			if seen[text] != 1 {
				p.t.Errorf("user %d sees %q %d times", p.reader.UserID, text, seen[text])
			}
		}
	}
}

func TestPhonesSeeEachMessageOnceWithAnyClock(t *testing.T) {
	for _, skew := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		for _, lossy := range []bool{false, true} {
			t.Run(fmt.Sprintf("skew %v lossy %t", skew, lossy), func(t *testing.T) {
				converse(t, skew, lossy)
			})
		}
	}
}

// converse lets two phones exchange messages and poll at random. One of them has
// a wrong clock.
func converse(t *testing.T, skew time.Duration, lossy bool) {
	now := time.UnixMilli(1_772_366_400_000)
	service, _ := newService(func() time.Time { return now }, chat.Anyone)
	amy := &phone{t: t, service: service, reader: chat.Reader{UserID: 1, PeerID: 2, SessionID: "A"},
		clock: func() time.Time { return now.Add(skew) }}
	bob := &phone{t: t, service: service, reader: chat.Reader{UserID: 2, PeerID: 1, SessionID: "B"},
		clock: func() time.Time { return now }}
	sent := map[string][]string{}
	say := func(p *phone, side string) {
		text := fmt.Sprintf("%s%03d", side, len(sent[side]))
		sent[side] = append(sent[side], text)
		p.send(text)
	}
	// The first message is sent before the chat is opened, so that the history
	// is not empty: the server cannot distinguish a chat that holds only own
	// messages from one that was never opened.
	say(bob, "b")
	bob.screen = nil
	amy.poll(false)
	bob.poll(false)

	random := rand.New(rand.NewPCG(1, uint64(skew)))
	for range 500 {
		now = now.Add(time.Duration(random.IntN(700)) * time.Millisecond)
		switch random.IntN(6) {
		case 0:
			say(amy, "a")
		case 1:
			say(bob, "b")
		case 2, 3:
			pollLossy(amy, random, lossy, func() { say(bob, "b") })
		default:
			pollLossy(bob, random, lossy, func() { say(amy, "a") })
		}
	}
	amy.poll(false)
	bob.poll(false)
	amy.check(sent)
	bob.check(sent)

	amy.reopen()
	bob.reopen()
	amy.check(sent)
	bob.check(sent)
}

// pollLossy loses answers in a row, polls again each time, and
// receives the last answer. During that time the peer may write, but the phone's
// owner does not: after a lost answer and an own message that follows it, the
// server cannot distinguish the lost answer from a delivered one.
func pollLossy(p *phone, random *rand.Rand, lossy bool, peerSays func()) {
	for lossy && random.IntN(3) > 0 {
		p.poll(true)
		if random.IntN(2) == 0 {
			peerSays()
		}
	}
	p.poll(false)
}
