//go:build e2e

package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// deadLetterTimeout is how long retries of an event may take before it is a dead
// letter.
const deadLetterTimeout = time.Minute

// breakHandler renames the table that the handlers of user write to, so that they
// fail, and returns how to repair it.
func breakHandler(t *testing.T) (repair func()) {
	t.Helper()
	db := e2etest.Database(t, "user")
	rename := func(from, to string) error {
		// The context of the test has ended when cleanups run.
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := db.ExecContext(ctx, "RENAME TABLE "+from+" TO "+to)
		return err
	}
	if err := rename("activities", "activities_away"); err != nil {
		t.Fatal(err)
	}
	repaired := false
	repair = func() {
		if repaired {
			return
		}
		if err := rename("activities_away", "activities"); err != nil {
			t.Error(err)
			return
		}
		repaired = true
	}
	t.Cleanup(repair)
	return repair
}

// A handler that fails is called again until it succeeds.
func TestFailedHandlerIsRetried(t *testing.T) {
	stack := breakable(t)
	a := newAudience(t)
	var failures []func() int
	for _, replica := range stack.Replicas(t, "user") {
		failures = append(failures, countLogged(t, replica, "event interaction.liked"))
	}
	repair := breakHandler(t)
	e2etest.Like(t, a.phone, a.fan, a.video.ID, true)
	e2etest.Within(t, e2etest.Recovery, "the handler has failed", func(context.Context) error {
		for _, count := range failures {
			if count() > 0 {
				return nil
			}
		}
		return errors.New("nothing is logged")
	})
	repair()
	a.waitNotified(t, 2*e2etest.Recovery)
}

// An event whose handler fails again and again becomes one dead letter, and does
// not hold up later events. Once the handler is repaired the letter is retried
// without a request.
func TestEventBecomesADeadLetterAfterRetries(t *testing.T) {
	breakable(t)
	a := newAudience(t)
	repair := breakHandler(t)
	e2etest.Like(t, a.phone, a.fan, a.video.ID, true)
	letters := countDeadLetters(t, "user", fmt.Sprintf("like:%d:%d", a.fan.ID, a.video.ID))
	took := e2etest.Within(t, deadLetterTimeout, "the event is a dead letter", func(context.Context) error {
		if n := letters(); n != 1 {
			return fmt.Errorf("%d dead letters", n)
		}
		return nil
	})
	t.Logf("a dead letter after %s", took.Round(time.Millisecond))
	repair()
	// The events of this unlike and like have newer versions, so the list is right
	// although the first event had no effect.
	e2etest.Like(t, a.phone, a.fan, a.video.ID, false)
	e2etest.Like(t, a.phone, a.fan, a.video.ID, true)
	a.waitNotified(t, e2etest.Recovery)
	took = e2etest.Within(t, deadLetterTimeout, "the letter is retried", func(context.Context) error {
		if n := letters(); n != 0 {
			return fmt.Errorf("%d dead letters", n)
		}
		return nil
	})
	t.Logf("retried after %s", took.Round(time.Millisecond))
	a.waitNotified(t, e2etest.Recovery)
}

// A message that is not an event, or that no consumer can read, becomes one dead
// letter with its payload unchanged. Other events are processed.
func TestUnreadableEventsBecomeDeadLetters(t *testing.T) {
	breakable(t)
	a := newAudience(t)
	mark := "unreadable-" + e2etest.Random()
	envelope := `{"specversion":"1.0","id":"%s","source":"interaction","type":"interaction.liked","subject":"like:1:1",` +
		`"time":"2026-01-02T03:04:05.000Z","datacontenttype":"application/json","version":"%s","data":%s}`
	messages := map[string]string{
		"not JSON":             mark + "-text",
		"JSON of another kind": `["` + mark + `-list"]`,
		"an object":            `{"hello":"` + mark + `-object"}`,
		"data of another kind": fmt.Sprintf(envelope, mark+"-data", "1", `{"userId":{"a":1}}`),
		"version unreadable":   fmt.Sprintf(envelope, mark+"-version", "one", `{"userId":"1","videoId":"1","authorId":"1"}`),
		"a megabyte":           mark + "-large " + strings.Repeat("x", 1<<20),
		"binary":               mark + "-binary \x00\xff\xfe",
		"data missing":         fmt.Sprintf(envelope, mark+"-missing", "1", `{}`),
	}
	letters, want := countDeadLetters(t, "user", mark), int64(len(messages))
	for _, message := range messages {
		e2etest.Redis(t, "XADD", "interaction.liked", "*", "data", message)
	}
	e2etest.Like(t, a.phone, a.fan, a.video.ID, true)
	a.waitNotified(t, e2etest.Recovery)
	e2etest.Within(t, deadLetterTimeout, "each is stored as a dead letter", func(context.Context) error {
		if n := letters(); n != want {
			return fmt.Errorf("%d dead letters, want %d", n, want)
		}
		return nil
	})
	db := e2etest.Database(t, "user")
	for what, message := range messages {
		n, err := e2etest.Count(t.Context(), db, "SELECT COUNT(*) FROM dead_letters WHERE payload = ?", []byte(message))
		if err != nil || n != 1 {
			t.Errorf("%s: %d dead letters with its payload, %v", what, n, err)
		}
	}
}

// countDeadLetters counts the dead letters of a service that contain a text. The end
// of the test deletes them, as an operator would after dealing with them.
func countDeadLetters(t *testing.T, service, text string) func() int64 {
	t.Helper()
	db := e2etest.Database(t, service)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, err := db.ExecContext(ctx, "DELETE FROM dead_letters WHERE INSTR(payload, ?) > 0", text); err != nil {
			t.Error(err)
		}
	})
	return func() int64 {
		n, err := e2etest.Count(t.Context(), db, "SELECT COUNT(*) FROM dead_letters WHERE INSTR(payload, ?) > 0", text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}
