//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// bubble is a message as a phone shows it.
type bubble struct {
	text string
	at   int64 // Unix milliseconds
}

// chatPhone does what the client is known to do with an open chat: it draws its
// own messages at once, with its own clock, appends whatever a poll brings, and
// polls with the time of the newest bubble, or 0 while there is none.
type chatPhone struct {
	phone    *Phone
	me, peer account
	skew     time.Duration // of its clock

	mu     sync.Mutex
	screen []bubble
}

func (c *chatPhone) draw(b ...bubble) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.screen = append(c.screen, b...)
}

// newest is the time of the newest bubble.
func (c *chatPhone) newest() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.screen) == 0 {
		return 0
	}
	return c.screen[len(c.screen)-1].at
}

func (c *chatPhone) send(ctx context.Context, text string) error {
	c.draw(bubble{text, time.Now().Add(c.skew).UnixMilli()})
	return acknowledged(c.phone.Send(ctx, c.me.Token, c.peer.ID, text))
}

func (c *chatPhone) poll(ctx context.Context) error {
	r, err := c.phone.Chat(ctx, c.me.Token, c.peer.ID, decimal(c.newest()))
	if err := acknowledged(r, err); err != nil {
		return err
	}
	for _, m := range r.Messages {
		c.draw(bubble{m.Content, m.CreateTime})
	}
	return nil
}

// open enters the chat anew.
func (c *chatPhone) open(ctx context.Context) error {
	c.mu.Lock()
	c.screen = nil
	c.mu.Unlock()
	return c.poll(ctx)
}

// check wants every message once, and each side's in the order it was sent.
func (c *chatPhone) check(t *testing.T, when string, sent map[byte][]string) {
	t.Helper()
	next := map[byte]int{}
	for place, b := range c.screen {
		side := b.text[0]
		if n := next[side]; n >= len(sent[side]) || sent[side][n] != b.text {
			t.Errorf("%s: the phone of %d shows %q at place %d, where number %d of side %c should be", when, c.me.ID, b.text, place, n, side)
			return
		}
		next[side]++
	}
	for side, texts := range sent {
		if next[side] != len(texts) {
			t.Errorf("%s: the phone of %d shows %d of %d messages of side %c", when, c.me.ID, next[side], len(texts), side)
		}
	}
}

// Two phones exchange 500 messages while they poll all the time. Each message is
// on both screens once and in order, whatever the clocks of the phones.
func TestPhonesSeeEachMessageOnceWhateverTheirClocks(t *testing.T) {
	const minutes = time.Minute
	for _, c := range []struct{ amy, bob time.Duration }{
		{0, 0}, {-10 * minutes, 0}, {10 * minutes, 0}, {-10 * minutes, 10 * minutes},
	} {
		t.Run(fmt.Sprintf("%v and %v", c.amy, c.bob), func(t *testing.T) { converse(t, c.amy, c.bob, 250) })
	}
}

func converse(t *testing.T, amysSkew, bobsSkew time.Duration, each int) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	amy := &chatPhone{phone: newPhone(), me: a, peer: b, skew: amysSkew}
	bob := &chatPhone{phone: newPhone(), me: b, peer: a, skew: bobsSkew}
	sent := map[byte][]string{}
	for i := range each {
		sent['a'] = append(sent['a'], fmt.Sprintf("a%03d", i))
		sent['b'] = append(sent['b'], fmt.Sprintf("b%03d", i))
	}
	// The first of each before the chats are open: an own message in an empty
	// chat cannot be told from an unopened one.
	say(t, p, a, b, sent['a'][0])
	say(t, p, b, a, sent['b'][0])
	for _, c := range []*chatPhone{amy, bob} {
		if err := c.open(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	both, ctx := errgroup.WithContext(t.Context())
	var writing sync.WaitGroup
	done := make(chan struct{})
	for _, c := range []struct {
		phone *chatPhone
		texts []string
	}{{amy, sent['a'][1:]}, {bob, sent['b'][1:]}} {
		writing.Add(1)
		both.Go(func() error {
			defer writing.Done()
			for _, text := range c.texts {
				if err := c.phone.send(ctx, text); err != nil {
					return err
				}
			}
			return nil
		})
		both.Go(func() error {
			for {
				select {
				case <-done:
					return c.phone.poll(ctx) // one more, for what was written last
				default:
				}
				if err := c.phone.poll(ctx); err != nil {
					return err
				}
			}
		})
	}
	both.Go(func() error {
		writing.Wait()
		close(done)
		return nil
	})
	if err := both.Wait(); err != nil {
		t.Fatal(err)
	}
	amy.check(t, "open", sent)
	bob.check(t, "open", sent)

	for _, c := range []*chatPhone{amy, bob} {
		if err := c.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.check(t, "opened again", sent)
	}
	for i := range amy.screen {
		if amy.screen[i] != bob.screen[i] {
			t.Fatalf("place %d: one phone shows %v, the other %v", i, amy.screen[i], bob.screen[i])
		}
	}
}
