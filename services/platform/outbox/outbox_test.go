package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

func TestEnsureCanBeRepeated(t *testing.T) {
	db := newDB(t)
	commit(t, db, event("t", "a", 1))
	if err := outbox.Ensure(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if n := waiting(t, db); n != 1 {
		t.Errorf("%d events after a second Ensure, want 1", n)
	}
}

func TestRolledBackTransactionPublishesNothing(t *testing.T) {
	db := newDB(t)
	refusal := errors.New("no")
	err := sqldb.InTx(t.Context(), db, func(ctx context.Context, tx sqldb.Handle) error {
		if err := outbox.Add(ctx, tx, event("t", "a", 1)); err != nil {
			return err
		}
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Fatal(err)
	}
	commit(t, db, event("t", "b", 1))

	b := &broker{}
	start(t, db, b, outbox.Options{})
	sqltest.Eventually(t, "an event is published", func() bool { return b.calls() > 0 && waiting(t, db) == 0 })
	if got := b.names(); got != "b1" {
		t.Errorf("published %q, want b1 only", got)
	}
}

func TestCommittedEventIsPublishedOnceWithItsEnvelope(t *testing.T) {
	db := newDB(t)
	span := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4, 5}, TraceFlags: trace.FlagsSampled,
	})
	ctx := trace.ContextWithSpanContext(t.Context(), span)
	at := time.Date(2026, 5, 4, 3, 2, 1, 678e6, time.UTC)
	stamped := event("t.stamped", "a", 7)
	stamped.Time = at
	if err := outbox.Add(ctx, db, stamped); err != nil {
		t.Fatal(err)
	}

	b := &broker{}
	relay := start(t, db, b, outbox.Options{Source: "app", Sweep: 10 * time.Millisecond})
	for range 50 {
		relay.Wake()
	}
	const ownTrace = "00-0a000000000000000000000000000000-0b00000000000000-01"
	traced := event("t", "z", 1)
	traced.TraceParent = ownTrace
	commit(t, db, traced) // published by a later round than the first
	sqltest.Eventually(t, "all events are published", func() bool { return waiting(t, db) == 0 && len(b.events()) > 1 })
	relay.stop()

	if got := b.names(); got != "a7 z1" {
		t.Fatalf("published %q, want each event once", got)
	}
	got := b.events()[0]
	if _, err := ulid.ParseStrict(got.ID); err != nil {
		t.Errorf("id %q: %v", got.ID, err)
	}
	wantTrace := "00-01020300000000000000000000000000-0405000000000000-01"
	if got.Source != "app" || got.Type != "t.stamped" || got.TraceParent != wantTrace || !got.Time.Equal(at) {
		t.Errorf("envelope %+v", got)
	}
	if trace := b.events()[1].TraceParent; trace != ownTrace {
		t.Errorf("the event with its own trace has %q", trace)
	}
	var data map[string]int
	if err := json.Unmarshal(got.Data, &data); err != nil || data["n"] != 7 {
		t.Errorf("data %s: %v", got.Data, err)
	}
}

func TestAddRefusesInvalidEvents(t *testing.T) {
	db := newDB(t)
	huge := event("t", "a", 1)
	huge.Data = wrapperspb.String(strings.Repeat("x", 1<<16))
	for what, bad := range map[string]outbox.Event{
		"no topic":      event("", "a", 1),
		"no subject":    event("t", "", 1),
		"too much data": huge,
	} {
		if err := outbox.Add(t.Context(), db, event("t", "good", 1), bad); errs.CodeOf(err) != errs.Internal {
			t.Errorf("%s: %v, want an internal error", what, err)
		}
	}
	if n := waiting(t, db); n != 0 {
		t.Errorf("%d events were written together with a refused one", n)
	}
	if err := outbox.Add(t.Context(), db); err != nil {
		t.Errorf("no events: %v", err)
	}
}
