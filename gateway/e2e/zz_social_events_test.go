//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What a user is told of comes over events, so it shows whether these arrive.
// audience is a user who is told, and somebody whose like has been told already:
// all is warm, and events flow.
type audience struct {
	phone      *Phone
	author     account
	video      Video
	fan, other account
	db         *sql.DB // of interaction
}

func newAudience(t *testing.T) audience {
	t.Helper()
	p := NewPhone(baseURL(), clearWithin)
	a := audience{phone: p, author: newAccount(t, p), fan: newAccount(t, p), other: newAccount(t, p), db: database(t, "interaction")}
	a.video = published(t, p, a.author, "told of", smallMP4(t))
	like(t, p, a.other, a.video.ID, true)
	told(t, p, a.author, 1)
	return a
}

// toldOf waits until the author has been told of the fan's like, and then sees
// that it was told once.
func (a audience) toldOf(t *testing.T, limit time.Duration) {
	t.Helper()
	var r NotificationsReply
	took := within(t, limit, "the like is told", func(ctx context.Context) error {
		var err error
		if r, err = a.phone.Notifications(ctx, a.author.Token, Part{}); err != nil {
			return err
		}
		if err := acknowledged(r, nil); err != nil {
			return err
		}
		if len(r.Notifications) < 2 {
			return fmt.Errorf("%d notifications", len(r.Notifications))
		}
		return nil
	})
	if r.Unread != 2 || len(r.Notifications) != 2 || r.Notifications[0].Kind != "liked" || r.Notifications[0].Actor.ID != a.fan.ID {
		t.Errorf("told %+v", r)
	}
	t.Logf("told after %s", took.Round(time.Millisecond))
}

// waiting is how many events of the fan's like are committed and not published.
func (a audience) waiting(t *testing.T) int64 {
	t.Helper()
	n, err := count(t.Context(), a.db, "SELECT COUNT(*) FROM outbox WHERE subject = ?", fmt.Sprintf("like:%d:%d", a.fan.ID, a.video.ID))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wentOut waits until the events of the fan's like have gone out.
func (a audience) wentOut(t *testing.T) {
	t.Helper()
	within(t, 2*recovery, "the event has gone out", func(context.Context) error {
		if n := a.waiting(t); n != 0 {
			return fmt.Errorf("%d events wait", n)
		}
		return nil
	})
}

// A program that is killed after a commit and before the event is published
// tells it when it runs again. Without Redis nothing can be published, and a
// like is acknowledged all the same, because its row is what counts.
func TestEventOfACommitBeforeACrashGoesOutAfterIt(t *testing.T) {
	stack := theStack(t)
	a := newAudience(t)
	stack.stop(t, "redis")
	like(t, a.phone, a.fan, a.video.ID, true)
	if n := a.waiting(t); n != 1 {
		t.Fatalf("%d events wait for the broker", n)
	}
	stack.crash(t, "interaction")
	within(t, recovery, "the like is there after the crash", func(ctx context.Context) error {
		list, err := a.phone.PublishList(ctx, a.author.ID, a.fan.Token)
		if err := acknowledged(list, err); err != nil {
			return err
		}
		if v := list.Videos[0]; !v.IsFavorite || v.FavoriteCount != 2 {
			t.Errorf("after the crash: %+v", v)
		}
		return nil
	})
	if n := a.waiting(t); n != 1 {
		t.Fatalf("%d events wait after the crash", n)
	}
	stack.start(t, "redis")
	a.toldOf(t, 2*recovery)
	a.wentOut(t)
	like(t, a.phone, a.fan, a.video.ID, false)
	told(t, a.phone, a.author, 1)
}

// While a consumer is down its events wait, or are tried again; when it is back
// they have their effects.
func TestEventsForAProgramThatIsDown(t *testing.T) {
	stack := theStack(t)
	for _, name := range []string{"user", sidecarOf("user")} {
		t.Run(name, func(t *testing.T) {
			a := newAudience(t)
			stack.stopAll(t, name)
			like(t, a.phone, a.fan, a.video.ID, true)
			a.wentOut(t)
			stack.startAll(t, name)
			a.toldOf(t, 2*recovery)
		})
	}
}

// broken takes the table away in which user keeps what is told, so that its
// handlers fail, and returns how to bring it back.
func broken(t *testing.T) (mend func()) {
	t.Helper()
	db := database(t, "user")
	rename := func(from, to string) error {
		// Not the context of the test, which has ended when cleanups run.
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := db.ExecContext(ctx, "RENAME TABLE "+from+" TO "+to)
		return err
	}
	if err := rename("activities", "activities_away"); err != nil {
		t.Fatal(err)
	}
	whole := false
	mend = func() {
		if whole {
			return
		}
		if err := rename("activities_away", "activities"); err != nil {
			t.Error(err)
			return
		}
		whole = true
	}
	t.Cleanup(mend)
	return mend
}

// A handler that fails is called again, until it works.
func TestEventOfAHandlerThatFailsIsTriedAgain(t *testing.T) {
	a := newAudience(t)
	var failures []func() int
	for _, replica := range theStack(t).replicas(t, "user") {
		failures = append(failures, logged(t, replica, "event interaction.liked"))
	}
	mend := broken(t)
	like(t, a.phone, a.fan, a.video.ID, true)
	within(t, recovery, "the handler has failed", func(context.Context) error {
		for _, count := range failures {
			if count() > 0 {
				return nil
			}
		}
		return errors.New("nothing is logged")
	})
	mend()
	a.toldOf(t, 2*recovery)
}

// One that goes on failing is a dead letter in the end, kept once, and the next
// events are not held up by it.
func TestEventOfAHandlerThatGoesOnFailingIsADeadLetter(t *testing.T) {
	a := newAudience(t)
	mend := broken(t)
	like(t, a.phone, a.fan, a.video.ID, true)
	subject := fmt.Sprintf("like:%d:%d", a.fan.ID, a.video.ID)
	letters := deadLetters(t, "user", subject)
	took := within(t, time.Minute, "the event is a dead letter", func(context.Context) error {
		if n := letters(); n != 1 {
			return fmt.Errorf("%d dead letters", n)
		}
		return nil
	})
	t.Logf("given up after %s", took.Round(time.Millisecond))
	mend()
	// The unlike carries a newer version and the like after it a still newer one:
	// the list comes out right although the first event is not in it.
	like(t, a.phone, a.fan, a.video.ID, false)
	like(t, a.phone, a.fan, a.video.ID, true)
	a.toldOf(t, recovery)
	if n := letters(); n != 1 {
		t.Errorf("%d dead letters of one event", n)
	}
}

// What is no event at all, or says nothing that a consumer could read, is kept
// as a dead letter once by each consumer, as it was, and others flow on.
func TestPoisonEventsAreDeadLettersAndOthersFlow(t *testing.T) {
	a := newAudience(t)
	mark := "poison-" + random(t)
	envelope := `{"specversion":"1.0","id":"%s","source":"interaction","type":"interaction.liked","subject":"like:1:1",` +
		`"time":"2026-01-02T03:04:05.000Z","datacontenttype":"application/json","version":"%s","data":%s}`
	poison := map[string]string{
		"no JSON":              mark + "-text",
		"JSON of another kind": `["` + mark + `-list"]`,
		"an object":            `{"hello":"` + mark + `-object"}`,
		"data of another kind": fmt.Sprintf(envelope, mark+"-data", "1", `{"userId":{"a":1}}`),
		"version unreadable":   fmt.Sprintf(envelope, mark+"-version", "one", `{"userId":"1","videoId":"1","authorId":"1"}`),
		"a megabyte":           mark + "-large " + strings.Repeat("x", 1<<20),
		"binary":               mark + "-binary \x00\xff\xfe",
		// This one tells interaction to forget copies of nobody, which is no harm.
		"data missing": fmt.Sprintf(envelope, mark+"-missing", "1", `{}`),
	}
	want := map[string]int64{"user": int64(len(poison)), "interaction": int64(len(poison) - 1)}
	kept := map[string]func() int64{}
	for c := range want {
		kept[c] = deadLetters(t, c, mark)
	}
	for _, message := range poison {
		redisDo(t, "XADD", "interaction.liked", "*", "data", message)
	}
	like(t, a.phone, a.fan, a.video.ID, true)
	a.toldOf(t, recovery)
	for c, all := range want {
		within(t, time.Minute, c+" has kept each of them", func(context.Context) error {
			if n := kept[c](); n != all {
				return fmt.Errorf("%d dead letters, want %d", n, all)
			}
			return nil
		})
	}
	db := database(t, "user")
	for what, message := range poison {
		n, err := count(t.Context(), db, "SELECT COUNT(*) FROM dead_letters WHERE payload = ?", []byte(message))
		if err != nil || n != 1 {
			t.Errorf("%s: kept as it was %d times, %v", what, n, err)
		}
	}
}

// deadLetters counts what a service has kept that contains a text, and forgets
// it at the end of the test: an operator has dealt with it, so to speak.
func deadLetters(t *testing.T, service, text string) func() int64 {
	t.Helper()
	db := database(t, service)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, err := db.ExecContext(ctx, "DELETE FROM dead_letters WHERE INSTR(payload, ?) > 0", text); err != nil {
			t.Error(err)
		}
	})
	return func() int64 {
		n, err := count(t.Context(), db, "SELECT COUNT(*) FROM dead_letters WHERE INSTR(payload, ?) > 0", text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// logged counts how often a program logs a text from now on.
func logged(t *testing.T, program, text string) func() int {
	t.Helper()
	path := filepath.Join(stackData(t), "logs", program+".log")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return func() int {
		now, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(now, []byte(text)) - bytes.Count(before, []byte(text))
	}
}
