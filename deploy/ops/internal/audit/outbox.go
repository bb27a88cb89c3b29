package audit

import (
	"context"
	"fmt"
	"time"
)

const (
	// maxWait is how old an event may get before it is published, whatever the
	// time given to settle.
	maxWait = time.Minute

	outboxPause = 100 * time.Millisecond

	// maxLetters is how many dead letters of a service are shown one by one.
	maxLetters = 20
)

// waiting are the events of an outbox up to an id.
type waiting struct {
	events int64
	oldest int64 // Unix ms, 0 when there is none
	topic  string
}

// outboxes waits until the events that were waiting at its beginning are
// published, and reports those that are not, and the dead letters. Events that
// come in meanwhile do not matter: under traffic an outbox is never empty.
func (a *auditor) outboxes(ctx context.Context) error {
	deadline := time.Now().Add(a.options.Settle)
	for _, service := range services() {
		d := a.databases[service]
		if d.has("outbox") {
			if err := a.drained(ctx, d, deadline); err != nil {
				return fmt.Errorf("outbox of %s: %w", service, err)
			}
		}
		if d.has("dead_letters") {
			if err := a.deadLetters(ctx, d); err != nil {
				return fmt.Errorf("dead letters of %s: %w", service, err)
			}
		}
	}
	return nil
}

func (a *auditor) drained(ctx context.Context, d *database, deadline time.Time) error {
	newest, err := ids(ctx, d.db, `SELECT COALESCE(MAX(id), 0) FROM outbox`)
	if err != nil {
		return err
	}
	for {
		left, err := collect(ctx, d.db,
			`SELECT COUNT(*), COALESCE(MIN(occurred_at_ms), 0), COALESCE(MIN(topic), '') FROM outbox WHERE id <= ?`,
			func(w *waiting) []any { return []any{&w.events, &w.oldest, &w.topic} }, newest[0])
		if err != nil || left[0].events == 0 {
			return err
		}
		if !time.Now().Before(deadline) {
			a.undelivered(d.service, left[0])
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(outboxPause):
		}
	}
}

func (a *auditor) undelivered(service string, w waiting) {
	age := time.Since(time.UnixMilli(w.oldest)).Round(time.Second)
	expected := "none after " + a.options.Settle.String()
	if age > maxWait {
		expected = "none older than " + maxWait.String()
	} else if a.options.Settle == 0 {
		return
	}
	a.report.violate(Violation{
		Invariant: "I4",
		What:      "events of " + service + " that are not published",
		Expected:  expected,
		Found:     fmt.Sprintf("%d, the oldest waiting for %s, such as %s", w.events, age, w.topic),
	})
}

type letter struct {
	id             int64
	event, topic   string
	source         string
	receivedMillis int64
}

func (a *auditor) deadLetters(ctx context.Context, d *database) error {
	letters, err := collect(ctx, d.db,
		`SELECT id, event_id, topic, source_topic, received_at_ms FROM dead_letters ORDER BY id DESC LIMIT ?`,
		func(l *letter) []any { return []any{&l.id, &l.event, &l.topic, &l.source, &l.receivedMillis} }, maxLetters)
	if err != nil {
		return err
	}
	if len(letters) == maxLetters {
		a.report.note("%s: only its newest %d dead letters are shown", d.service, maxLetters)
	}
	for _, l := range letters {
		what := fmt.Sprintf("dead letter %d of %s", l.id, d.service)
		found := fmt.Sprintf("event %s of topic %q since %s", l.event, l.source,
			time.UnixMilli(l.receivedMillis).UTC().Format(time.RFC3339))
		if a.options.AllowDeadLetters {
			a.report.note("%s: %s", what, found)
			continue
		}
		a.report.violate(Violation{Invariant: "I4", What: what, Expected: "none", Found: found})
	}
	return nil
}
