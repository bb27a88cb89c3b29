package deadletter_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
)

// rows prints the columns of a query that do not vary with the data.
func rows(t *testing.T, db *sqlx.DB, query string) string {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var text strings.Builder
	for found.Next() {
		row := map[string]any{}
		if err := sqlx.MapScan(found, row); err != nil {
			t.Fatal(err)
		}
		delete(row, "Cardinality")
		for name, value := range row {
			if raw, ok := value.([]byte); ok {
				row[name] = string(raw)
			}
		}
		fmt.Fprintln(&text, row) // a map is printed in the order of its keys
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// handled is a handler that records what it receives.
type handled struct {
	topics []string
	events []cloudevent.Event
	fail   func(id string) error
}

func (h *handled) handle(_ context.Context, topic string, e cloudevent.Event) error {
	h.topics = append(h.topics, topic)
	h.events = append(h.events, e)
	if h.fail != nil {
		return h.fail(e.ID)
	}
	return nil
}

func replay(t *testing.T, db *sqlx.DB, h *handled) deadletter.Result {
	t.Helper()
	result, err := deadletter.NewReplayer(db, h.handle, deadletter.Options{}).Replay(t.Context(), deadletter.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestReplayHandlesTheOriginalEventsInOrderAndDeletesThem(t *testing.T) {
	db := newDB(t)
	var want []cloudevent.Event
	for n := range 150 { // more than are read at once
		want = append(want, event(fmt.Sprintf("e%03d", n)))
		store(t, db, payload(t, want[n]))
	}
	h := &handled{}
	if result := replay(t, db, h); result.Replayed != len(want) || result.Failed != 0 || len(result.Refused) != 0 {
		t.Errorf("result %+v", result)
	}
	if !reflect.DeepEqual(h.events, want) || h.topics[0] != "thing.happened" {
		t.Errorf("handled %d events, the first %+v of %q", len(h.events), h.events[0], h.topics[0])
	}
	if left := all(t, db); len(left) != 0 {
		t.Errorf("%d letters are left", len(left))
	}
	if result := replay(t, db, h); result.Replayed != 0 {
		t.Errorf("a second replay: %+v", result)
	}
}

func TestReplayTakesOnlyTheSelectedLetters(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("e1")), payload(t, event("e2")))
	h := &handled{}
	replayer := deadletter.NewReplayer(db, h.handle, deadletter.Options{})
	result, err := replayer.Replay(t.Context(), deadletter.Filter{Limit: 1})
	if err != nil || result.Replayed != 1 || len(h.events) != 1 || h.events[0].ID != "e1" {
		t.Errorf("%+v, %v, handled %+v", result, err, h.events)
	}
	if left := all(t, db); len(left) != 1 || left[0].EventID != "e2" || left[0].RequestedMS != nil {
		t.Errorf("left %+v, want e2", left)
	}
}

// A letter that fails stays and does not stop the letters after it. After
// MaxReplays it is refused, unless it is forced.
func TestLettersThatFailAgain(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("bad")), []byte("garbage"), payload(t, event("panics")), payload(t, event("good")))
	h := &handled{fail: func(id string) error {
		switch id {
		case "bad":
			return errors.New(strings.Repeat("猫", 1000))
		case "panics":
			panic("no such user")
		}
		return nil
	}}
	if result := replay(t, db, h); result.Replayed != 1 || result.Failed != 2 || len(result.Refused) != 1 ||
		result.Refused[0].Why != "it is no event and can only be discarded" {
		t.Errorf("result %+v", result)
	}
	letters := all(t, db)
	if len(letters) != 3 || letters[0].LastError != strings.Repeat("猫", 300) || letters[2].LastError != "panic: no such user" {
		t.Fatalf("left %+v", letters)
	}
	for _, l := range []deadletter.Letter{letters[0], letters[2]} {
		if l.Replays != 1 || l.RequestedMS != nil {
			t.Errorf("letter %+v, want one replay and no request", l)
		}
	}
	for range deadletter.MaxReplays {
		replay(t, db, h)
	}
	calls := len(h.events)
	if calls != 2*deadletter.MaxReplays+1 {
		t.Errorf("%d calls of the handler", calls)
	}
	plan := deadletter.NewPlan(all(t, db), false)
	if len(plan.Letters) != 0 || len(plan.Refused) != 3 || plan.Refused[2].Why != "it failed in each of its replays: panic: no such user" {
		t.Errorf("plan %+v", plan)
	}

	h.fail = nil
	plan = request(t, db, true)
	if len(plan.Letters) != 2 || len(plan.Refused) != 1 {
		t.Errorf("forced plan %+v", plan)
	}
	runUntil(t, db, h.handle, func() bool { return len(all(t, db)) == 1 })
	if len(h.events) != calls+2 {
		t.Errorf("%d calls of the handler after the forced replay", len(h.events)-calls)
	}
}

// runUntil runs a Replayer in the background until a condition holds.
func runUntil(t *testing.T, db *sqlx.DB, handle deadletter.Handler, condition func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	replayer := deadletter.NewReplayer(db, handle, deadletter.Options{Poll: 5 * time.Millisecond})
	go func() { ended <- replayer.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	eventually(t, "the replay", condition)
}

// A letter whose handler ends the program counts each attempt, so that the
// program does not end for ever.
func TestALetterThatEndsTheProgramIsRefusedAtLast(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("e1")))
	request(t, db, false)
	execute(t, db, "UPDATE dead_letters SET replays = ?, claimed_until_ms = 1, last_error = 'the program ended during the replay'", deadletter.MaxReplays)
	h := &handled{}
	runUntil(t, db, h.handle, func() bool { return all(t, db)[0].RequestedMS == nil })
	if left := all(t, db); len(h.events) != 0 || left[0].Replays != deadletter.MaxReplays || left[0].LastError != "the program ended during the replay" {
		t.Errorf("handled %d, left %+v", len(h.events), left)
	}
}

// An orderly end of the program during a replay does not count as a failure.
func TestTheEndOfTheProgramIsNoFailure(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("e1")), payload(t, event("e2")))
	ctx, stop := context.WithCancel(t.Context())
	replayer := deadletter.NewReplayer(db, func(ctx context.Context, _ string, _ cloudevent.Event) error {
		stop()
		return ctx.Err()
	}, deadletter.Options{})
	if result, err := replayer.Replay(ctx, deadletter.Filter{}); err == nil || result.Failed != 0 {
		t.Errorf("%+v, %v; want an error and no failed letter", result, err)
	}
	for _, l := range all(t, db) {
		if l.Replays != 0 || l.RequestedMS == nil {
			t.Errorf("letter %+v, want a request and no replay", l)
		}
	}
	h := &handled{}
	runUntil(t, db, h.handle, func() bool { return len(all(t, db)) == 0 })
}

// Two replicas share the letters; each letter is handled by one of them.
func TestReplicasShareTheLetters(t *testing.T) {
	db := newDB(t)
	for n := range 200 {
		store(t, db, payload(t, event(fmt.Sprintf("e%03d", n))))
	}
	request(t, db, false)
	calls := make(chan string, 1000)
	handle := func(_ context.Context, _ string, e cloudevent.Event) error {
		calls <- e.ID
		return nil
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 2)
	for range 2 {
		replayer := deadletter.NewReplayer(db, handle, deadletter.Options{Poll: 5 * time.Millisecond})
		go func() { ended <- replayer.Run(ctx) }()
	}
	eventually(t, "the replay", func() bool { return len(all(t, db)) == 0 })
	stop()
	if err := errors.Join(<-ended, <-ended); err != nil {
		t.Error(err)
	}
	seen := map[string]int{}
	for range len(calls) {
		seen[<-calls]++
	}
	if len(seen) != 200 {
		t.Errorf("%d events were handled, want 200", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was handled %d times", id, n)
		}
	}
}
