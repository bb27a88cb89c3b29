package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
)

const (
	// maxWait is the age at which an event that is not published is a violation,
	// whatever the Settle option says.
	maxWait = time.Minute

	outboxPause = 100 * time.Millisecond

	// maxLetters is how many dead letters of a service are reported one by one.
	maxLetters = 20
)

// waiting sums up the events of an outbox up to an id.
type waiting struct {
	events int64
	oldest int64 // Unix ms, 0 if there is no event
	topic  string
}

// outboxes waits until the events that are in the outboxes now are published. It
// reports those that are not, and the dead letters. Later events do not count:
// under traffic an outbox is never empty.
func (a *auditor) outboxes(ctx context.Context) error {
	deadline := time.Now().Add(a.options.Settle)
	for _, service := range services() {
		d := a.databases[service]
		if d.Has("outbox") {
			if err := a.awaitPublished(ctx, d, deadline); err != nil {
				return fmt.Errorf("outbox of %s: %w", service, err)
			}
		}
		if d.Has("dead_letters") {
			if err := a.deadLetters(ctx, d); err != nil {
				return fmt.Errorf("dead letters of %s: %w", service, err)
			}
		}
	}
	return nil
}

func (a *auditor) awaitPublished(ctx context.Context, d *servicedb.DB, deadline time.Time) error {
	newest, err := servicedb.IDs(ctx, d, `SELECT COALESCE(MAX(id), 0) FROM outbox WHERE published_at_ms IS NULL`)
	if err != nil {
		return err
	}
	for {
		left, err := servicedb.Collect(ctx, d,
			`SELECT COUNT(*), COALESCE(MIN(occurred_at_ms), 0), COALESCE(MIN(topic), '') FROM outbox
				WHERE published_at_ms IS NULL AND id <= ?`,
			func(w *waiting) []any { return []any{&w.events, &w.oldest, &w.topic} }, newest[0])
		if err != nil || left[0].events == 0 {
			return err
		}
		if !time.Now().Before(deadline) {
			a.reportUnpublished(d.Service, left[0])
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(outboxPause):
		}
	}
}

func (a *auditor) reportUnpublished(service string, w waiting) {
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

func (a *auditor) deadLetters(ctx context.Context, d *servicedb.DB) error {
	letters, err := servicedb.Collect(ctx, d,
		`SELECT id, event_id, topic, source_topic, received_at_ms FROM dead_letters ORDER BY id DESC LIMIT ?`,
		func(l *letter) []any { return []any{&l.id, &l.event, &l.topic, &l.source, &l.receivedMillis} }, maxLetters)
	if err != nil {
		return err
	}
	if len(letters) == maxLetters {
		a.report.note("%s: only the newest %d dead letters are shown", d.Service, maxLetters)
	}
	for _, l := range letters {
		what := fmt.Sprintf("dead letter %d of %s", l.id, d.Service)
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
