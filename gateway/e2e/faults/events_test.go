//go:build e2e

package faults

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// audience shows whether events arrive: they bring notifications. It is an author
// with one notification, so everything has worked once, and a fan who has not liked
// the video yet.
type audience struct {
	phone       *client.Client
	author, fan e2etest.Account
	video       client.Video
	db          *sql.DB // of interaction
}

func newAudience(t *testing.T) audience {
	t.Helper()
	p := e2etest.ImpatientPhone()
	a := audience{phone: p, author: e2etest.NewAccount(t, p), fan: e2etest.NewAccount(t, p), db: e2etest.Database(t, "interaction")}
	a.video = e2etest.Publish(t, p, a.author, "watched", e2etest.SmallVideo(t))
	e2etest.Like(t, p, e2etest.NewAccount(t, p), a.video.ID, true)
	e2etest.WaitNotifications(t, p, a.author, 1)
	return a
}

// waitNotified waits until the author is notified of the fan's like, and checks
// that this happened once.
func (a audience) waitNotified(t *testing.T, limit time.Duration) {
	t.Helper()
	var r client.NotificationsResponse
	took := e2etest.Within(t, limit, "the author is notified", func(ctx context.Context) (err error) {
		if r, err = client.Accepted(a.phone.Notifications(ctx, a.author.Token, client.Page{})); err != nil {
			return err
		}
		if len(r.Notifications) < 2 {
			return fmt.Errorf("%d notifications", len(r.Notifications))
		}
		return nil
	})
	if r.Unread != 2 || len(r.Notifications) != 2 || r.Notifications[0].Kind != client.KindLiked || r.Notifications[0].Actor.ID != a.fan.ID {
		t.Errorf("notifications %+v", r)
	}
	t.Logf("notified after %s", took.Round(time.Millisecond))
}

// unpublished counts the events of the fan's like that are in the outbox.
func (a audience) unpublished(t *testing.T) int64 {
	t.Helper()
	n, err := e2etest.Count(t.Context(), a.db, "SELECT COUNT(*) FROM outbox WHERE published_at_ms IS NULL AND subject = ?", fmt.Sprintf("like:%d:%d", a.fan.ID, a.video.ID))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// waitPublished waits until the events of the fan's like are published.
func (a audience) waitPublished(t *testing.T) {
	t.Helper()
	e2etest.Within(t, 2*e2etest.Recovery, "the event is published", func(context.Context) error {
		if n := a.unpublished(t); n != 0 {
			return fmt.Errorf("%d events are in the outbox", n)
		}
		return nil
	})
}

// A program that is killed after a commit and before the event is published
// publishes it when it runs again. Without Redis nothing can be published, and a
// like is acknowledged all the same, since rows are the truth.
func TestEventIsPublishedAfterACrash(t *testing.T) {
	stack := breakable(t)
	a := newAudience(t)
	stack.Stop(t, "redis")
	e2etest.Like(t, a.phone, a.fan, a.video.ID, true)
	if n := a.unpublished(t); n != 1 {
		t.Fatalf("%d events are in the outbox", n)
	}
	stack.Crash(t, "interaction")
	e2etest.Within(t, e2etest.Recovery, "the like is seen after the crash", func(ctx context.Context) error {
		list, err := client.Accepted(a.phone.PublishList(ctx, a.author.ID, a.fan.Token, client.Page{}))
		if err != nil {
			return err
		}
		if v := list.Videos[0]; !v.IsFavorite || v.FavoriteCount != 2 {
			t.Errorf("after the crash: %+v", v)
		}
		return nil
	})
	if n := a.unpublished(t); n != 1 {
		t.Fatalf("%d events are in the outbox after the crash", n)
	}
	stack.Start(t, "redis")
	a.waitNotified(t, 2*e2etest.Recovery)
	a.waitPublished(t)
	e2etest.Like(t, a.phone, a.fan, a.video.ID, false)
	e2etest.WaitNotifications(t, a.phone, a.author, 1)
}

// While a consumer is stopped its events wait or are retried. When it runs again
// each has its effect, and none became a dead letter. This holds for an event that
// was published meanwhile, and for those that are being delivered at the moment the
// consumer stops or starts.
func TestEventsForAProgramThatIsDown(t *testing.T) {
	for _, name := range []string{"user", e2etest.Sidecar("user")} {
		t.Run(name, func(t *testing.T) {
			stack := breakable(t)
			letters := allDeadLetters(t, "user")
			before := letters()
			a := newAudience(t)
			stack.StopAll(t, name)
			e2etest.Like(t, a.phone, a.fan, a.video.ID, true)
			a.waitPublished(t)
			stack.StartAll(t, name)
			a.waitNotified(t, 2*e2etest.Recovery)

			toggleDuringStops(t, stack, name)
			if n := letters() - before; n != 0 {
				t.Errorf("%d events became dead letters", n)
			}
		})
	}
}

// toggleDuringStops stops and starts a part several times while likes and follows
// change, and compares the effects of their events at the end.
func toggleDuringStops(t *testing.T, stack e2etest.Stack, name string) {
	t.Helper()
	const (
		stops       = 3
		clients     = 10
		each        = 10 // changes of each client in a round
		perStop     = 30 // changes before, and again during a stop
		maxDowntime = time.Minute
	)
	s := e2etest.NewToggles(t, clients, maxDowntime)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	enough := make(chan struct{})
	go func() {
		for {
			if err := s.Run(ctx, each); err != nil {
				ended <- err
				return
			}
			select {
			case <-enough:
				ended <- nil
				return
			default:
			}
		}
	}()
	for range stops {
		s.WaitAcknowledged(t, s.Acknowledged.Load()+perStop)
		stack.StopAll(t, name)
		s.WaitAcknowledged(t, s.Acknowledged.Load()+perStop)
		stack.StartAll(t, name)
	}
	close(enough)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	s.Check(t)
}

// allDeadLetters counts the dead letters of a service.
func allDeadLetters(t *testing.T, service string) func() int64 {
	t.Helper()
	db := e2etest.Database(t, service)
	return func() int64 {
		n, err := e2etest.Count(t.Context(), db, "SELECT COUNT(*) FROM dead_letters")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// countLogged counts how often a part logs a text from now on.
func countLogged(t *testing.T, part, text string) func() int {
	t.Helper()
	path := filepath.Join(e2etest.StackData(t), "logs", part+".log")
	count := func() int {
		n := 0
		for _, file := range []string{path + ".1", path} { // the file is rotated now and then
			content, err := os.ReadFile(file)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			n += bytes.Count(content, []byte(text))
		}
		return n
	}
	before := count()
	return func() int { return count() - before }
}
