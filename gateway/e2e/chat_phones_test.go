//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// bubble is a message as a phone shows it.
type bubble struct {
	text string
	at   int64 // Unix milliseconds
}

// chatPhone behaves like the Android client with an open chat: it shows its own
// messages at once, with the time of its own clock, appends the messages of each
// poll, and polls with the time of the newest bubble, or 0 without one.
type chatPhone struct {
	phone    *client.Client
	me, peer e2etest.Account
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
	return e2etest.Acknowledged(c.phone.SendMessage(ctx, c.me.Token, c.peer.ID, text, ""))
}

func (c *chatPhone) poll(ctx context.Context) error {
	r, err := c.phone.Chat(ctx, c.me.Token, c.peer.ID, c.newest())
	if err := e2etest.Acknowledged(r, err); err != nil {
		return err
	}
	for _, m := range r.Messages {
		c.draw(bubble{m.Content, m.CreateTime})
	}
	return nil
}

// open leaves the chat and opens it again.
func (c *chatPhone) open(ctx context.Context) error {
	c.mu.Lock()
	c.screen = nil
	c.mu.Unlock()
	return c.poll(ctx)
}

// check demands every message once, those of each side in the order they were sent.
func (c *chatPhone) check(t *testing.T, when string, sent map[byte][]string) {
	t.Helper()
	next := map[byte]int{}
	for i, b := range c.screen {
		side := b.text[0]
		if n := next[side]; n >= len(sent[side]) || sent[side][n] != b.text {
			t.Errorf("%s: bubble %d of user %d is %q, want message %d of side %c", when, i, c.me.ID, b.text, n, side)
			return
		}
		next[side]++
	}
	for side, texts := range sent {
		if next[side] != len(texts) {
			t.Errorf("%s: the phone of user %d shows %d of %d messages of side %c", when, c.me.ID, next[side], len(texts), side)
		}
	}
}

// Two phones exchange 500 messages while they poll continuously. Both screens show
// each message once and in order, even if the clocks of the phones are wrong.
func TestPhonesSeeEachMessageOnceWhateverTheirClocks(t *testing.T) {
	t.Parallel()
	const minutes = time.Minute
	for _, c := range []struct{ amy, bob time.Duration }{
		{0, 0}, {-10 * minutes, 0}, {10 * minutes, 0}, {-10 * minutes, 10 * minutes},
	} {
		t.Run(fmt.Sprintf("%v and %v", c.amy, c.bob), func(t *testing.T) {
			t.Parallel()
			converse(t, c.amy, c.bob, 250)
		})
	}
}

func converse(t *testing.T, amysSkew, bobsSkew time.Duration, each int) {
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	amy := &chatPhone{phone: e2etest.NewPhone(), me: a, peer: b, skew: amysSkew}
	bob := &chatPhone{phone: e2etest.NewPhone(), me: b, peer: a, skew: bobsSkew}
	sent := map[byte][]string{}
	for i := range each {
		sent['a'] = append(sent['a'], fmt.Sprintf("a%03d", i))
		sent['b'] = append(sent['b'], fmt.Sprintf("b%03d", i))
	}
	// The first message of each is sent before the chats are open: to the server, a
	// chat that shows only the phone's own message looks like one that was not opened.
	e2etest.SendMessage(t, p, a, b, sent['a'][0])
	e2etest.SendMessage(t, p, b, a, sent['b'][0])
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
					return c.phone.poll(ctx) // for the last messages
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
			t.Fatalf("bubble %d: one phone shows %v, the other %v", i, amy.screen[i], bob.screen[i])
		}
	}
}
