package deadletter_test

import (
	"errors"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var (
	errTrouble = errs.New(errs.Unavailable, "DATABASE_DOWN", "")
	errRefused = errs.New(errs.Invalid, "EVENT_INCOMPLETE", "")
)

// untilRetry returns the time between the arrival of a letter and its next retry.
func untilRetry(l deadletter.Letter) time.Duration {
	if l.RetryMS == nil {
		return -1
	}
	return time.Duration(*l.RetryMS-l.ReceivedMS) * time.Millisecond
}

// The cause of a letter decides whether the service retries it.
func TestStoreKeepsTheCause(t *testing.T) {
	db := newDB(t)
	for id, cause := range map[string]error{"trouble": errTrouble, "refused": errRefused, "unknown": nil} {
		if err := deadletter.Store(t.Context(), db, topic, payload(t, event(id)), cause); err != nil {
			t.Fatal(err)
		}
	}
	store(t, db, []byte("garbage"))
	for _, l := range all(t, db) {
		refused, text := false, ""
		switch l.EventID {
		case "trouble":
			text = errTrouble.Error()
		case "refused":
			refused, text = true, errRefused.Error()
		case "unknown":
		default: // the garbage
			refused = true
		}
		if l.Refused != refused || l.LastError != text || !refused && untilRetry(l) != 15*time.Second || refused && l.RetryMS != nil {
			t.Errorf("letter %+v", l)
		}
	}
}

// A letter that trouble caused is retried without a request, with growing pauses,
// until its handler succeeds.
func TestLettersOfTroubleAreRetried(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("e1")))
	h := &handled{fail: func(string) error { return errTrouble }}
	for retry, want := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
		execute(t, db, "UPDATE dead_letters SET retry_at_ms = received_at_ms - 1")
		runUntil(t, db, h.handle, func() bool { l := all(t, db)[0]; return l.Retries == retry+1 && l.ClaimedUntil == 0 })
		l := all(t, db)[0]
		if took := untilRetry(l); took < want || took > want+time.Minute || l.Replays != 0 || l.LastError != errTrouble.Error() {
			t.Errorf("after retry %d: %+v, next after %v, want %v", retry+1, l, took, want)
		}
	}
	execute(t, db, "UPDATE dead_letters SET retries = 100, retry_at_ms = 1")
	runUntil(t, db, h.handle, func() bool { l := all(t, db)[0]; return l.Retries == 101 && l.ClaimedUntil == 0 })
	if took := untilRetry(all(t, db)[0]); took < time.Hour || took > time.Hour+time.Minute {
		t.Errorf("the longest pause is %v", took)
	}
	h.fail = nil
	execute(t, db, "UPDATE dead_letters SET retry_at_ms = 1")
	runUntil(t, db, h.handle, func() bool { return len(all(t, db)) == 0 })
}

// A letter is not retried any more when its handler refuses it, when it is too
// old, or when its retries ended the program again and again.
func TestTheEndOfRetries(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("refused")), payload(t, event("aged")), payload(t, event("old")), payload(t, event("deadly")), payload(t, event("good")))
	h := &handled{fail: func(id string) error {
		switch id {
		case "refused":
			return errRefused
		case "aged":
			return errors.New("still broken")
		}
		return nil
	}}
	execute(t, db, "UPDATE dead_letters SET retry_at_ms = 1")
	execute(t, db, "UPDATE dead_letters SET received_at_ms = received_at_ms - ? WHERE event_id = 'old'", deadletter.RetryAge.Milliseconds())
	execute(t, db, "UPDATE dead_letters SET received_at_ms = received_at_ms - ? WHERE event_id = 'aged'", (deadletter.RetryAge - 10*time.Second).Milliseconds())
	execute(t, db, "UPDATE dead_letters SET interruptions = 3 WHERE event_id = 'deadly'")
	runUntil(t, db, h.handle, func() bool {
		for _, l := range all(t, db) {
			if l.EventID == "good" || l.ClaimedUntil != 0 {
				return false
			}
		}
		return true
	})
	if len(h.events) != 3 || h.events[0].ID != "refused" || h.events[1].ID != "aged" || h.events[2].ID != "good" {
		t.Errorf("handled %+v", h.events)
	}
	for _, l := range all(t, db) {
		if l.EventID == "refused" && (!l.Refused || l.RetryMS != nil) || l.EventID == "aged" && (l.Refused || l.RetryMS != nil) {
			t.Errorf("letter %+v, want no further retry", l)
		}
	}
}
