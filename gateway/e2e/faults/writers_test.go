//go:build e2e

package faults

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// writers post comments and send messages, each with a request id.
type writers struct {
	phone  *client.Client
	author e2etest.Account
	video  client.Video
	users  []e2etest.Account
	each   int // comments and messages of one user

	acknowledged atomic.Int64
	repeated     atomic.Int64 // requests that were not acknowledged
}

// run posts comments and sends messages as one of the users. Each is repeated until
// it is acknowledged.
func (w *writers) run(ctx context.Context, user int) error {
	token := w.users[user].Token
	for n := range w.each {
		text := fmt.Sprintf("%d-%d", user, n)
		for _, write := range []func(ctx context.Context) error{
			func(ctx context.Context) error {
				return e2etest.Acknowledged(w.phone.PostComment(ctx, token, w.video.ID, text, text))
			},
			func(ctx context.Context) error {
				return e2etest.Acknowledged(w.phone.SendMessage(ctx, token, w.author.ID, text, text))
			},
		} {
			patient, cancel := context.WithTimeout(ctx, time.Minute)
			err := e2etest.Poll(patient, func(ctx context.Context) error {
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

// Comments and messages with a request id can be repeated through any fault: each
// exists once, and those of one user are in order.
func TestCommentsAndMessagesWhileServicesAreKilled(t *testing.T) {
	stack := breakable(t)
	p := e2etest.NewPhone()
	w := &writers{phone: e2etest.ImpatientPhone(), author: e2etest.NewAccount(t, p), users: e2etest.NewAccounts(t, p, 8), each: 50}
	w.video = e2etest.Publish(t, p, w.author, "commented", e2etest.SmallVideo(t))
	ended := make(chan error, 1)
	go func() {
		all, ctx := errgroup.WithContext(t.Context())
		for i := range w.users {
			all.Go(func() error { return w.run(ctx, i) })
		}
		ended <- all.Wait()
	}()
	victims := []string{"interaction", "chat", e2etest.Sidecar("interaction"), e2etest.Sidecar("chat")}
	for i, name := range victims {
		want := int64(2 * len(w.users) * w.each * (i + 1) / (len(victims) + 1))
		e2etest.Within(t, time.Minute, fmt.Sprintf("%d writes are acknowledged", want), func(context.Context) error {
			if n := w.acknowledged.Load(); n < want {
				return fmt.Errorf("%d are", n)
			}
			return nil
		})
		stack.Crash(t, name)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	t.Logf("%d writes acknowledged, %d requests repeated", w.acknowledged.Load(), w.repeated.Load())
	w.check(t)
	stack.Audit(t)
}

// check compares comments and messages with what was acknowledged.
func (w *writers) check(t *testing.T) {
	t.Helper()
	list := e2etest.Comments(t, w.phone, w.video.ID, "")
	if n := e2etest.ListedVideo(t, w.phone, w.author, w.video.ID, "").CommentCount; n != int64(len(list)) {
		t.Errorf("comment_count %d, but %d comments", n, len(list))
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
		if got := e2etest.Contents(e2etest.Chat(t, w.phone, w.author, u, 0)); !slices.Equal(got, want) {
			t.Errorf("user %d sent %v", i, got)
		}
	}
}

// A comment does not need the counts of its writer: while they cannot be read, it is
// posted, once.
func TestCommentIsPostedWithoutCounts(t *testing.T) {
	stack := breakable(t)
	p := e2etest.ImpatientPhone()
	a := e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, a, "commented", e2etest.SmallVideo(t))
	e2etest.Comment(t, p, a, video.ID, "before")
	stack.StopAll(t, "relation")
	e2etest.Redis(t, "FLUSHALL") // so that no hot document can be used instead
	e2etest.Comment(t, p, a, video.ID, "meanwhile")
	stack.StartAll(t, "relation")
	stack.WaitWell(t)
	e2etest.Comment(t, p, a, video.ID, "after")
	var texts []string
	for _, c := range e2etest.Comments(t, p, video.ID, "") {
		texts = append(texts, c.Content)
	}
	if !slices.Equal(texts, []string{"after", "meanwhile", "before"}) {
		t.Errorf("comments %v", texts)
	}
}
