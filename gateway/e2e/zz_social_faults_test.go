//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// flipsWhile kills programs, one after the other, while twenty clients flip a
// like and a follow, and then compares everything with what was acknowledged
// last: nothing acknowledged may be lost, nothing be there twice.
func flipsWhile(t *testing.T, killed ...string) {
	stack := theStack(t)
	const clients, each = 20, 50
	f := newFlips(t, clients, time.Minute)
	flipping := make(chan error, 1)
	go func() { flipping <- f.run(t.Context(), each) }()
	for i, name := range killed {
		from := int64(clients * 2 * each * (i + 1) / (len(killed) + 1))
		within(t, time.Minute, fmt.Sprintf("%d flips are acknowledged", from), func(context.Context) error {
			if n := f.acknowledged.Load(); n < from {
				return fmt.Errorf("%d are", n)
			}
			return nil
		})
		stack.crash(t, name)
	}
	if err := <-flipping; err != nil {
		t.Fatal(err)
	}
	if f.repeated.Load() == 0 {
		t.Logf("no request was hit by killing %v", killed)
	}
	f.check(t)
	stack.audit(t)
}

func TestFlipsWhileTheOwnersAreKilled(t *testing.T) {
	flipsWhile(t, "interaction", "relation")
}

func TestFlipsWhileTheSidecarsOfTheOwnersAreKilled(t *testing.T) {
	flipsWhile(t, sidecarOf("interaction"), sidecarOf("relation"))
}

func TestFlipsWhileRedisIsKilled(t *testing.T) {
	flipsWhile(t, "redis")
}

// writers write comments and messages, each under a name of its request.
type writers struct {
	phone  *Phone
	author account
	video  Video
	users  []account
	each   int

	acknowledged atomic.Int64
	repeated     atomic.Int64 // requests that were not acknowledged
}

// run posts comments and sends messages, numbered, and repeats each until it
// is acknowledged.
func (w *writers) run(ctx context.Context, i int) error {
	for n := range w.each {
		text := fmt.Sprintf("%d-%d", i, n)
		for _, write := range []func(ctx context.Context) error{
			func(ctx context.Context) error {
				return acknowledged(w.phone.CommentAs(ctx, w.users[i].Token, w.video.ID, text, text))
			},
			func(ctx context.Context) error {
				return acknowledged(w.phone.SendAs(ctx, w.users[i].Token, w.author.ID, text, text))
			},
		} {
			patient, cancel := context.WithTimeout(ctx, time.Minute)
			err := poll(patient, func(ctx context.Context) error {
				err := write(ctx)
				if err != nil {
					w.repeated.Add(1)
				}
				return err
			})
			cancel()
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			w.acknowledged.Add(1)
		}
	}
	return nil
}

// Comments and messages that are named can be repeated through any fault: each is
// there once, and what one user wrote is in order.
func TestCommentsAndMessagesWhileTheirOwnersAreKilled(t *testing.T) {
	stack := theStack(t)
	p := newPhone()
	w := &writers{phone: NewPhone(baseURL(), clearWithin), author: newAccount(t, p), users: crowd(t, p, 8), each: 50}
	w.video = published(t, p, w.author, "written about", smallMP4(t))
	writing := make(chan error, 1)
	go func() {
		all, ctx := errgroup.WithContext(t.Context())
		for i := range w.users {
			all.Go(func() error { return w.run(ctx, i) })
		}
		writing <- all.Wait()
	}()
	killed := []string{"interaction", "chat", sidecarOf("interaction"), sidecarOf("chat")}
	for i, name := range killed {
		from := int64(2 * len(w.users) * w.each * (i + 1) / (len(killed) + 1))
		within(t, time.Minute, fmt.Sprintf("%d writes are acknowledged", from), func(context.Context) error {
			if n := w.acknowledged.Load(); n < from {
				return fmt.Errorf("%d are", n)
			}
			return nil
		})
		stack.crash(t, name)
	}
	if err := <-writing; err != nil {
		t.Fatal(err)
	}
	t.Logf("%d writes acknowledged, %d requests repeated", w.acknowledged.Load(), w.repeated.Load())
	list := comments(t, p, w.video.ID, "")
	if n := shown(t, p, w.author, w.video.ID, "").CommentCount; n != int64(len(list)) {
		t.Errorf("comment_count %d beside %d comments", n, len(list))
	}
	for i, u := range w.users {
		var posted []string // oldest first
		for _, c := range slices.Backward(list) {
			if c.User.ID == u.ID {
				posted = append(posted, c.Content)
			}
		}
		var want []string
		for n := range w.each {
			want = append(want, fmt.Sprintf("%d-%d", i, n))
		}
		if !slices.Equal(posted, want) {
			t.Errorf("user %d posted %v", i, posted)
		}
		if got := contents(chat(t, p, w.author, u, "0")); !slices.Equal(got, want) {
			t.Errorf("user %d sent %v", i, got)
		}
	}
	stack.audit(t)
}

// A comment is refused before it is posted when its writer cannot be shown: the
// client would post it once more.
func TestCommentThatCannotBeShownIsNotPosted(t *testing.T) {
	stack := theStack(t)
	p := NewPhone(baseURL(), clearWithin)
	a := newAccount(t, p)
	video := published(t, p, a, "not commented", smallMP4(t))
	comment(t, p, a, video.ID, "before")
	stack.stopAll(t, "relation")
	redisDo(t, "FLUSHALL") // no copy can stand in
	refused(t, must(p.Comment(t.Context(), a.Token, video.ID, "meanwhile"))(t))
	stack.startAll(t, "relation")
	within(t, recovery, "comments are posted again", func(ctx context.Context) error {
		return acknowledged(p.Comment(ctx, a.Token, video.ID, "after"))
	})
	var texts []string
	for _, c := range comments(t, p, video.ID, "") {
		texts = append(texts, c.Content)
	}
	if !slices.Equal(texts, []string{"after", "before"}) {
		t.Errorf("comments %v", texts)
	}
}
