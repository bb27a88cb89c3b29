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
)

var errBroken = errors.New("broken")

// Without retries, dead letter topic and health check the sidecar acknowledges
// what was not processed, and it is gone.
func TestNoEventIsLost(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.start(t, nil)
	eventually(t, "the tables are there", func() bool { return s.letters(t) == 0 })

	t.Run("a handler that fails for a while", func(t *testing.T) {
		s.fails("flaky", func() error {
			if s.tried("flaky") <= 3 {
				return errBroken
			}
			return nil
		})
		s.publish(t, event("flaky"))
		eventually(t, "the effect is there", func() bool { return s.effects(t, "flaky") == 1 })
		if n := s.letters(t); n != 0 {
			t.Errorf("%d dead letters", n)
		}
	})
	t.Run("a handler that fails, and is repaired", func(t *testing.T) {
		s.fails("broken", func() error { return errBroken })
		s.publish(t, event("broken"))
		eventually(t, "the event is a dead letter", func() bool { return s.letters(t) == 1 })
		if n := s.tried("broken"); n != 5 {
			t.Errorf("tried %d times", n)
		}
		letters, err := deadletter.List(t.Context(), s.db, deadletter.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if l := letters[0]; l.EventID != "event-of-broken" || l.SourceTopic != topic || l.Topic != deadLetters {
			t.Errorf("a letter of %s from %s in %s", l.EventID, l.SourceTopic, l.Topic)
		}
		s.fails("broken", nil)
		if err := deadletter.NewPlan(letters, false).Request(t.Context(), s.db); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the letter is replayed", func() bool { return s.letters(t) == 0 })
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
		eventually(t, "three dead letters", func() bool { return s.letters(t) == 3 })
		eventually(t, "the event after them is processed", func() bool { return s.effects(t, "healthy") == 1 })
		if n := s.tried("poison"); n != 1 {
			t.Errorf("poison was tried %d times", n)
		}
		var raw string
		if err := s.db.GetContext(t.Context(), &raw, "SELECT payload FROM dead_letters WHERE event_id LIKE 'sha256:%' AND payload LIKE '%at all%'"); err != nil || raw != "no JSON at all" {
			t.Errorf("kept %q, %v", raw, err)
		}
	})
	t.Run("a dead letter that cannot be kept for a while", func(t *testing.T) {
		rename(t, s, "dead_letters", "hidden")
		s.fails("homeless", func() error { return errs.New(errs.Invalid, "EVENT_UNREADABLE", "") })
		s.publish(t, event("homeless"))
		eventually(t, "the event was tried", func() bool { return s.tried("homeless") == 1 })
		eventually(t, "it went round", func() bool { return s.streamLength(t, deadLetters) >= 6 }) // 4 letters so far, this one, and again
		rename(t, s, "hidden", "dead_letters")
		eventually(t, "it is kept", func() bool {
			return s.count(t, "SELECT COUNT(*) FROM dead_letters WHERE event_id = 'event-of-homeless'") == 1
		})
	})
}

func rename(t *testing.T, s *stack, from, to string) {
	t.Helper()
	if _, err := s.db.ExecContext(t.Context(), fmt.Sprintf("RENAME TABLE %s TO %s", from, to)); err != nil {
		t.Fatal(err)
	}
}

// What is published while the program is down, longer than retries last, comes
// when it is back, each once, and none as a dead letter.
func TestAProgramThatIsDownGetsItsEventsLater(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	stop := s.start(t, nil)
	s.publish(t, event("before"))
	eventually(t, "events arrive", func() bool { return s.effects(t, "before") == 1 })
	stop()

	const many = 150 // more than the sidecar takes at once
	var events []cloudevent.Event
	for n := range many {
		events = append(events, event(fmt.Sprintf("while-down-%d", n)))
	}
	s.publish(t, events...)
	// Retries take at most 1.5 * 3.25 s of pauses; the last ones end before an
	// event that was published after this long would be delivered again.
	eventually(t, "retries are over", after(10*time.Second))

	s.start(t, nil)
	eventually(t, "all effects are there", func() bool {
		return s.count(t, "SELECT COUNT(*) FROM effects WHERE subject LIKE 'while-down-%'") == many
	})
	if n := s.count(t, "SELECT COUNT(DISTINCT subject) FROM effects WHERE subject LIKE 'while-down-%'"); n != many {
		t.Errorf("%d subjects have an effect", n)
	}
	if n := s.letters(t); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

// What a transaction adds to the outbox is told, through broker and sidecar, to
// the program itself; also what it added when the broker was not there.
func TestWhatIsCommittedIsTold(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	committed := make(chan func(), 1)
	stop := s.start(t, func(_ context.Context, p *program.Program) error {
		committed <- p.Outbox()
		return nil
	})
	wake := <-committed
	eventually(t, "the table is there", func() bool { return s.count(t, "SELECT COUNT(*) FROM outbox") == 0 })
	tell := func(subject string) {
		err := sqldb.InTx(t.Context(), s.db, func(ctx context.Context, tx sqldb.Handle) error {
			return outbox.Add(ctx, tx, outbox.Event{Topic: topic, Subject: subject, Version: 1, Data: &structpb.Struct{}})
		})
		if err != nil {
			t.Fatal(err)
		}
		wake()
	}
	tell("first")
	eventually(t, "the event came round", func() bool { return s.effects(t, "first") == 1 })

	s.redis.Hang()
	for n := range 20 {
		tell(fmt.Sprintf("held-%d", n))
	}
	s.redis.Resume()
	eventually(t, "all came round", func() bool { return s.count(t, "SELECT COUNT(*) FROM effects WHERE subject LIKE 'held-%'") == 20 })
	eventually(t, "nothing is left to tell", func() bool { return s.count(t, "SELECT COUNT(*) FROM outbox") == 0 })
	stop()
	if n := s.count(t, "SELECT COUNT(*) FROM effects"); n != 21 {
		t.Errorf("%d effects of 21 events", n)
	}
}

// A Redis that is flushed takes events with it that were told and not processed:
// here one whose effect is undone, as if it had been among them.
func TestABrokerThatLosesItsMemoryIsToldAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	committed := make(chan func(), 1)
	s.start(t, func(_ context.Context, p *program.Program) error {
		committed <- p.Outbox()
		return nil
	})
	wake := <-committed
	eventually(t, "the table is there", func() bool { return s.count(t, "SELECT COUNT(*) FROM outbox_told") == 0 })
	for _, subject := range []string{"processed", "lost"} {
		if err := outbox.Add(t.Context(), s.db, outbox.Event{Topic: topic, Subject: subject, Version: 1, Data: &structpb.Struct{}}); err != nil {
			t.Fatal(err)
		}
	}
	wake()
	eventually(t, "both came round", func() bool { return s.effects(t, "processed") == 1 && s.effects(t, "lost") == 1 })
	eventually(t, "the broker is marked", func() bool { return s.askRedis(t, ":", "EXISTS", "douyin||told:app") == "1" })
	for _, undo := range []string{
		"DELETE FROM effects WHERE subject = 'lost'",
		"DELETE FROM processed_events WHERE event_id IN (SELECT event_id FROM outbox_told WHERE subject = 'lost')",
	} {
		if _, err := s.db.ExecContext(t.Context(), undo); err != nil {
			t.Fatal(err)
		}
	}
	s.askRedis(t, "+", "FLUSHALL")
	eventually(t, "the lost one came again", func() bool { return s.effects(t, "lost") == 1 })
	eventually(t, "the other one came again too", func() bool { return s.tried("processed") == 2 })
	if n := s.effects(t, "processed"); n != 1 {
		t.Errorf("what was processed has %d effects", n)
	}
}

func TestTheStartFailsClearly(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	err := program.Run(t.Context(), program.Options{App: app, Config: s.config, DSNSecret: "another", Migrations: migrations()}, nil)
	if err == nil || !strings.Contains(err.Error(), "another") {
		t.Errorf("a secret that is missing: %v", err)
	}
	refusal := errors.New("no")
	err = program.Run(t.Context(), program.Options{App: app, Config: s.config, DSNSecret: "the-dsn", Migrations: migrations()},
		func(context.Context, *program.Program) error { return refusal })
	if !errors.Is(err, refusal) {
		t.Errorf("a program that cannot be put together: %v", err)
	}
	err = program.Run(t.Context(), program.Options{App: app, Config: s.config, DSNSecret: "the-dsn", Migrations: migrations()},
		func(_ context.Context, p *program.Program) error {
			p.Background(func(context.Context) error { return refusal })
			return nil
		})
	if !errors.Is(err, refusal) {
		t.Errorf("a task that fails: %v", err)
	}
}
