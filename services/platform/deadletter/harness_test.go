package deadletter_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

const topic = "dead-letters.app"

func newDB(t *testing.T) *sqlx.DB {
	t.Helper()
	db := sqltest.New(t, nil)
	for range 2 { // it can be repeated
		if err := deadletter.Ensure(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func event(id string) cloudevent.Event {
	return cloudevent.Event{
		ID: id, Source: "app", Type: "thing.happened", Subject: "thing:1", Version: 3,
		Time:        time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC),
		TraceParent: "00-01020300000000000000000000000000-0405000000000000-01",
		Data:        json.RawMessage(`{"n":"1"}`),
	}
}

func payload(t *testing.T, e cloudevent.Event) []byte {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func store(t *testing.T, db *sqlx.DB, payloads ...[]byte) {
	t.Helper()
	for _, payload := range payloads {
		if err := deadletter.Store(t.Context(), db, topic, payload, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func list(t *testing.T, db *sqlx.DB, f deadletter.Filter) []deadletter.Letter {
	t.Helper()
	letters, err := deadletter.List(t.Context(), db, f)
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func all(t *testing.T, db *sqlx.DB) []deadletter.Letter {
	t.Helper()
	return list(t, db, deadletter.Filter{})
}

func execute(t *testing.T, db *sqlx.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// request marks all letters for a replay.
func request(t *testing.T, db *sqlx.DB, force bool) deadletter.Plan {
	t.Helper()
	plan := deadletter.NewPlan(all(t, db), force)
	if err := plan.Request(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return plan
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("not in time: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
