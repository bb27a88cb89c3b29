package deadletter_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
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

func store(t *testing.T, db *sqlx.DB, payload []byte) {
	t.Helper()
	if err := deadletter.Store(t.Context(), db, topic, payload); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, db *sqlx.DB, after int64, limit int) []deadletter.Letter {
	t.Helper()
	letters, err := deadletter.List(t.Context(), db, after, limit)
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func TestStoreKeepsEachMessageOnceAndAsItWas(t *testing.T) {
	db := newDB(t)
	garbage := []byte("\x00\xff not even text")
	foreign := []byte(`{"id": "` + strings.Repeat("x", 101) + `", "type": "t", "data": 1}`)
	for range 2 {
		store(t, db, payload(t, event("e1")))
		store(t, db, garbage)
		store(t, db, payload(t, event("e2")))
		store(t, db, foreign)
		store(t, db, nil)
	}
	letters := list(t, db, 0, 10)
	if len(letters) != 5 {
		t.Fatalf("%d letters, want 5", len(letters))
	}
	first := letters[0]
	if first.EventID != "e1" || first.SourceTopic != "thing.happened" || first.Topic != topic ||
		string(first.Payload) != string(payload(t, event("e1"))) || time.Since(time.UnixMilli(first.ReceivedMS)) > time.Minute {
		t.Errorf("letter %+v", first)
	}
	for i, want := range map[int][]byte{1: garbage, 3: foreign, 4: {}} {
		if got := letters[i]; string(got.Payload) != string(want) || got.SourceTopic != "" {
			t.Errorf("letter %+v, want payload %q and no topic", got, want)
		}
	}
	if page := list(t, db, letters[1].ID, 1); len(page) != 1 || page[0].EventID != "e2" {
		t.Errorf("page after the second: %+v, want e2", page)
	}
}

// broker is a Publisher.
type broker struct {
	taken  []cloudevent.Event
	topic  string
	down   error
	during func()
}

var _ deadletter.Publisher = (*broker)(nil)

func (b *broker) PublishAll(_ context.Context, topic string, events []cloudevent.Event) ([]int, error) {
	if b.during != nil {
		b.during()
	}
	if b.down != nil {
		return []int{0}, b.down
	}
	b.topic = topic
	b.taken = append(b.taken, events...)
	return nil, nil
}

func TestReplayPublishesWhereItCameFromAndDeletes(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("e1")))
	store(t, db, payload(t, event("e2")))
	id := list(t, db, 0, 1)[0].ID

	b := &broker{}
	if err := deadletter.Replay(t.Context(), db, b, id); err != nil {
		t.Fatal(err)
	}
	if b.topic != "thing.happened" || len(b.taken) != 1 || !reflect.DeepEqual(b.taken[0], event("e1")) {
		t.Errorf("published %+v to %q", b.taken, b.topic)
	}
	if left := list(t, db, 0, 10); len(left) != 1 || left[0].EventID != "e2" {
		t.Errorf("left %+v, want e2", left)
	}
	if err := deadletter.Replay(t.Context(), db, b, id); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("second replay: %v, want not found", err)
	}
}

func TestReplayKeepsWhatCannotBePublished(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("e1")))
	store(t, db, []byte("garbage"))
	letters := list(t, db, 0, 10)

	down := errors.New("down")
	if err := deadletter.Replay(t.Context(), db, &broker{down: down}, letters[0].ID); !errors.Is(err, down) {
		t.Errorf("broker down: %v", err)
	}
	b := &broker{}
	if err := deadletter.Replay(t.Context(), db, b, letters[1].ID); errs.CodeOf(err) != errs.Invalid || len(b.taken) != 0 {
		t.Errorf("garbage: %v, published %+v, want invalid", err, b.taken)
	}
	if n := len(list(t, db, 0, 10)); n != 2 {
		t.Errorf("%d letters left, want 2", n)
	}
}

// A replayed event that fails again at once, before the replay is over, is kept
// anew.
func TestEventThatFailsDuringItsReplayIsKept(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("e1")))
	id := list(t, db, 0, 1)[0].ID
	again := make(chan error, 1)
	b := &broker{during: func() {
		begun := make(chan struct{})
		go func() {
			close(begun)
			again <- deadletter.Store(t.Context(), db, topic, payload(t, event("e1")))
		}()
		<-begun
		awaitWaiting(t, db)
	}}
	if err := deadletter.Replay(t.Context(), db, b, id); err != nil {
		t.Fatal(err)
	}
	if err := <-again; err != nil {
		t.Fatal(err)
	}
	if left := list(t, db, 0, 10); len(left) != 1 || left[0].ID == id {
		t.Errorf("left %+v, want the event under a new id", left)
	}
}

// awaitWaiting waits until Store waits for a lock, or is over.
func awaitWaiting(t *testing.T, db *sqlx.DB) {
	deadline := time.After(2 * time.Second)
	for waiting := 0; waiting == 0; {
		select {
		case <-deadline:
			t.Error("Store does not wait")
			return
		case <-time.After(5 * time.Millisecond):
		}
		err := db.GetContext(t.Context(), &waiting,
			`SELECT COUNT(*) FROM information_schema.processlist
			WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE 'INSERT INTO dead_letters%'`)
		if err != nil {
			t.Error(err)
			return
		}
	}
}

func TestDiscard(t *testing.T) {
	db := newDB(t)
	store(t, db, []byte("garbage"))
	id := list(t, db, 0, 1)[0].ID
	if err := deadletter.Discard(t.Context(), db, id); err != nil {
		t.Fatal(err)
	}
	if n := len(list(t, db, 0, 10)); n != 0 {
		t.Errorf("%d letters left", n)
	}
	if err := deadletter.Discard(t.Context(), db, id); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("second time: %v, want not found", err)
	}
}
