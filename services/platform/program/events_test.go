package program_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

var errBroken = errors.New("broken")

// Without retries, a dead letter topic and health checks the sidecar would
// acknowledge unprocessed events and lose them.
func TestNoEventIsLost(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.start(t, nil)
	sqltest.Eventually(t, "the tables exist", func() bool { return s.letters(t) == 0 })

	t.Run("a handler that fails for a while", func(t *testing.T) {
		s.fails("flaky", func() error {
			if s.tried("flaky") <= 3 {
				return errBroken
			}
			return nil
		})
		s.publish(t, event("flaky"))
		sqltest.Eventually(t, "the effect exists", func() bool { return s.effects(t, "flaky") == 1 })
		if n := s.letters(t); n != 0 {
			t.Errorf("%d dead letters", n)
		}
	})
	t.Run("a handler that fails until it is repaired", func(t *testing.T) {
		s.fails("broken", func() error { return errBroken })
		s.publish(t, event("broken"))
		sqltest.Eventually(t, "the event is a dead letter", func() bool { return s.letters(t) == 1 })
		if n := s.tried("broken"); n != 5+1 { // the sidecar's attempts, and the last one
			t.Errorf("tried %d times", n)
		}
		letters, err := deadletter.List(t.Context(), s.db, deadletter.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if l := letters[0]; l.EventID != "event-of-broken" || l.SourceTopic != topic || l.Topic != deadLetters {
			t.Errorf("a letter of %s from %s in %s", l.EventID, l.SourceTopic, l.Topic)
		} else if l.Refused || l.RetryMS == nil || l.LastError != "broken" {
			t.Errorf("letter %+v, want the error of its handler and a retry", l)
		}
		s.fails("broken", nil)
		if err := deadletter.NewPlan(letters, false).Request(t.Context(), s.db); err != nil {
			t.Fatal(err)
		}
		sqltest.Eventually(t, "the letter is replayed", func() bool { return s.letters(t) == 0 })
		if n := s.effects(t, "broken"); n != 1 {
			t.Errorf("%d effects, want 1", n)
		}
	})
	t.Run("poison", func(t *testing.T) {
		s.fails("poison", func() error { return errs.New(errs.Invalid, "EVENT_UNREADABLE", "") })
		s.publish(t, event("poison"))
		s.publishRaw(t, "no JSON at all")
		s.publishRaw(t, `{"no":"event"}`)
		s.publish(t, event("healthy"))
		sqltest.Eventually(t, "three dead letters", func() bool { return s.letters(t) == 3 })
		sqltest.Eventually(t, "the event after them is processed", func() bool { return s.effects(t, "healthy") == 1 })
		if n := s.tried("poison"); n != 1+1 {
			t.Errorf("poison was tried %d times", n)
		}
		if n := s.count(t, "SELECT COUNT(*) FROM dead_letters WHERE refused AND retry_at_ms IS NULL"); n != 3 {
			t.Errorf("%d refused letters", n)
		}
		var raw string
		if err := s.db.GetContext(t.Context(), &raw, "SELECT payload FROM dead_letters WHERE event_id LIKE 'sha256:%' AND payload LIKE '%at all%'"); err != nil || raw != "no JSON at all" {
			t.Errorf("stored %q, %v", raw, err)
		}
	})
	t.Run("trouble that is over before the letter is stored", func(t *testing.T) {
		s.fails("absent", func() error {
			if s.tried("absent") <= 5 {
				return errBroken
			}
			return nil
		})
		s.publish(t, event("absent"))
		sqltest.Eventually(t, "the effect exists", func() bool { return s.effects(t, "absent") == 1 })
		if n := s.count(t, "SELECT COUNT(*) FROM dead_letters WHERE event_id = 'event-of-absent'"); n != 0 {
			t.Errorf("%d dead letters", n)
		}
	})
	t.Run("trouble that outlasts the retries", func(t *testing.T) {
		s.fails("troubled", func() error { return errBroken })
		s.publish(t, event("troubled"))
		sqltest.Eventually(t, "the event is a dead letter", func() bool {
			return s.count(t, "SELECT COUNT(*) FROM dead_letters WHERE event_id = 'event-of-troubled'") == 1
		})
		s.fails("troubled", nil)
		sqltest.Eventually(t, "the letter is retried without a request", func() bool { return s.effects(t, "troubled") == 1 })
		sqltest.Eventually(t, "the letter is gone", func() bool {
			return s.count(t, "SELECT COUNT(*) FROM dead_letters WHERE event_id = 'event-of-troubled'") == 0
		})
	})
	t.Run("a dead letter that cannot be stored for a while", func(t *testing.T) {
		rename(t, s, "dead_letters", "hidden")
		s.fails("homeless", func() error { return errs.New(errs.Invalid, "EVENT_UNREADABLE", "") })
		s.publish(t, event("homeless"))
		sqltest.Eventually(t, "the event was tried", func() bool { return s.tried("homeless") >= 1 })
		sqltest.Eventually(t, "it was delivered again", func() bool { return s.streamLength(t, deadLetters) >= 8 }) // 6 letters so far, this one, and its second delivery
		rename(t, s, "hidden", "dead_letters")
		sqltest.Eventually(t, "it is stored", func() bool {
			return s.count(t, "SELECT COUNT(*) FROM dead_letters WHERE event_id = 'event-of-homeless'") == 1
		})
	})
}

func rename(t *testing.T, s *harness, from, to string) {
	t.Helper()
	if _, err := s.db.ExecContext(t.Context(), fmt.Sprintf("RENAME TABLE %s TO %s", from, to)); err != nil {
		t.Fatal(err)
	}
}

// Events published while the program is down, for longer than retries last, are
// delivered when it is back: each once, none as a dead letter.
func TestEventsWaitForAProgramThatIsDown(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	stop := s.start(t, nil)
	s.publish(t, event("before"))
	sqltest.Eventually(t, "events arrive", func() bool { return s.effects(t, "before") == 1 })
	stop()

	const many = 150 // more than the sidecar takes at once
	var events []cloudevent.Event
	for n := range many {
		events = append(events, event(fmt.Sprintf("while-down-%d", n)))
	}
	s.publish(t, events...)
	// Retries take at most 1.5 * 3.25 s of pauses, so they have ended by now.
	sqltest.Eventually(t, "retries are over", after(10*time.Second))

	s.start(t, nil)
	sqltest.Eventually(t, "all effects exist", func() bool {
		return s.count(t, "SELECT COUNT(*) FROM effects WHERE subject LIKE 'while-down-%'") == many
	})
	if n := s.count(t, "SELECT COUNT(DISTINCT subject) FROM effects WHERE subject LIKE 'while-down-%'"); n != many {
		t.Errorf("%d subjects have an effect", n)
	}
	if n := s.letters(t); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

// Events in the outbox reach the program itself through broker and sidecar, also
// those committed while the broker did not answer.
func TestCommittedEventsArePublished(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	committed := make(chan func(), 1)
	stop := s.start(t, func(_ context.Context, p *program.Program) error {
		committed <- p.Outbox(nil)
		return nil
	})
	wake := <-committed
	sqltest.Eventually(t, "the table exists", func() bool { return s.count(t, "SELECT COUNT(*) FROM outbox WHERE published_at_ms IS NULL") == 0 })
	publish := func(subject string) {
		err := sqldb.InTx(t.Context(), s.db, func(ctx context.Context, tx sqldb.Handle) error {
			return outbox.Add(ctx, tx, outbox.Event{Topic: topic, Subject: subject, Version: 1, Data: &structpb.Struct{}})
		})
		if err != nil {
			t.Fatal(err)
		}
		wake()
	}
	publish("first")
	sqltest.Eventually(t, "the event arrives", func() bool { return s.effects(t, "first") == 1 })

	s.redis.Hang()
	for n := range 20 {
		publish(fmt.Sprintf("held-%d", n))
	}
	s.redis.Resume()
	sqltest.Eventually(t, "all events arrive", func() bool { return s.count(t, "SELECT COUNT(*) FROM effects WHERE subject LIKE 'held-%'") == 20 })
	sqltest.Eventually(t, "the outbox is empty", func() bool { return s.count(t, "SELECT COUNT(*) FROM outbox WHERE published_at_ms IS NULL") == 0 })
	stop()
	if n := s.count(t, "SELECT COUNT(*) FROM effects"); n != 21 {
		t.Errorf("%d effects of 21 events", n)
	}
}

// A Redis that is flushed loses published events that were not processed. The
// test undoes the effect of one event, as if it were such an event.
func TestLostEventsAreRepublished(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	committed := make(chan func(), 1)
	s.start(t, func(_ context.Context, p *program.Program) error {
		committed <- p.Outbox(nil)
		return nil
	})
	wake := <-committed
	sqltest.Eventually(t, "the table exists", func() bool { return s.count(t, "SELECT COUNT(*) FROM outbox") == 0 })
	for _, subject := range []string{"processed", "lost"} {
		if err := outbox.Add(t.Context(), s.db, outbox.Event{Topic: topic, Subject: subject, Version: 1, Data: &structpb.Struct{}}); err != nil {
			t.Fatal(err)
		}
	}
	wake()
	sqltest.Eventually(t, "both events arrive", func() bool { return s.effects(t, "processed") == 1 && s.effects(t, "lost") == 1 })
	sqltest.Eventually(t, "the mark is set", func() bool { return s.askRedis(t, ":", "EXISTS", "douyin||told:app") == "1" })
	for _, undo := range []string{
		"DELETE FROM effects WHERE subject = 'lost'",
		"DELETE FROM processed_events WHERE event_id IN (SELECT event_id FROM outbox WHERE subject = 'lost')",
	} {
		if _, err := s.db.ExecContext(t.Context(), undo); err != nil {
			t.Fatal(err)
		}
	}
	s.askRedis(t, "+", "FLUSHALL")
	sqltest.Eventually(t, "the lost event is republished", func() bool { return s.effects(t, "lost") == 1 })
	sqltest.Eventually(t, "the other event is republished too", func() bool { return s.tried("processed") == 2 })
	if n := s.effects(t, "processed"); n != 1 {
		t.Errorf("the processed event has %d effects", n)
	}
}

func TestStartFailures(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	err := program.Run(t.Context(), program.Options{App: app, Config: s.config, DSNSecret: "another", Migrations: migrations()}, nil)
	if err == nil || !strings.Contains(err.Error(), "another") {
		t.Errorf("missing secret: %v", err)
	}
	refusal := errors.New("no")
	err = program.Run(t.Context(), program.Options{App: app, Config: s.config, DSNSecret: "the-dsn", Migrations: migrations()},
		func(context.Context, *program.Program) error { return refusal })
	if !errors.Is(err, refusal) {
		t.Errorf("failing build: %v", err)
	}
	err = program.Run(t.Context(), program.Options{App: app, Config: s.config, DSNSecret: "the-dsn", Migrations: migrations()},
		func(_ context.Context, p *program.Program) error {
			p.Background(func(context.Context) error { return refusal })
			return nil
		})
	if !errors.Is(err, refusal) {
		t.Errorf("failing task: %v", err)
	}
}
