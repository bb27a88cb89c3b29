package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

const patience = 30 * time.Second

var errDown = errors.New("broker is down")

// broker is a Publisher that records accepted events. It panics on a call with
// two events of one subject, because they would have no order.
type broker struct {
	mu       sync.Mutex
	accepted []cloudevent.Event
	sizes    []int    // of the calls
	topics   []string // of the calls
	down     bool
	refuse   func(topic string, e cloudevent.Event) bool
	during   func() // runs in each call before anything is accepted
}

var _ outbox.Publisher = (*broker)(nil)

func (b *broker) PublishAll(_ context.Context, topic string, events []cloudevent.Event) (failed []int, err error) {
	if b.during != nil {
		b.during()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sizes = append(b.sizes, len(events))
	b.topics = append(b.topics, topic)
	subjects := map[string]bool{}
	for _, event := range events {
		if subjects[event.Subject] {
			panic("two events of " + event.Subject + " at once")
		}
		subjects[event.Subject] = true
	}
	for i, event := range events {
		if b.down || (b.refuse != nil && b.refuse(topic, event)) {
			failed, err = append(failed, i), errDown
			continue
		}
		b.accepted = append(b.accepted, event)
	}
	return failed, err
}

func (b *broker) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

func (b *broker) calls() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.sizes)
}

func (b *broker) events() []cloudevent.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.accepted)
}

// names lists the accepted events by subject and version: "a1 b1 a2".
func (b *broker) names() string {
	var names []string
	for _, e := range b.events() {
		names = append(names, name(e))
	}
	return strings.Join(names, " ")
}

func name(e cloudevent.Event) string {
	return e.Subject + string(rune('0'+e.Version))
}

func newDB(t *testing.T) *sqlx.DB {
	t.Helper()
	return sqltest.New(t, nil, outbox.Ensure)
}

// event returns an event that broker.names can print.
func event(topic, subject string, version int64) outbox.Event {
	data, err := structpb.NewStruct(map[string]any{"n": float64(version)})
	if err != nil {
		panic(err) // cannot happen: the map is a constant
	}
	return outbox.Event{Topic: topic, Subject: subject, Version: version, Data: data}
}

// commit writes events in one transaction. Any goroutine may call it.
func commit(t *testing.T, db *sqlx.DB, events ...outbox.Event) {
	t.Helper()
	err := sqldb.InTx(t.Context(), db, func(ctx context.Context, tx sqldb.Handle) error {
		return outbox.Add(ctx, tx, events...)
	})
	if err != nil {
		t.Error(err)
	}
}

// running is a started relay.
type running struct {
	*outbox.Relay
	cancel func() // ends its context
	stop   func() // the same, and waits for the end
}

// start runs a relay until the end of the test, or until it is stopped.
func start(t *testing.T, db *sqlx.DB, publisher outbox.Publisher, o outbox.Options) running {
	t.Helper()
	relay := outbox.NewRelay(db, publisher, o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- relay.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("the relay did not end")
		}
	})
	t.Cleanup(stop)
	return running{Relay: relay, cancel: cancel, stop: stop}
}

// waiting returns the number of unpublished events.
func waiting(t *testing.T, db *sqlx.DB) int {
	t.Helper()
	var n int
	if err := db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM outbox WHERE published_at_ms IS NULL"); err != nil {
		t.Fatal(err)
	}
	return n
}

// lines is a log writer for concurrent use.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(message string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), message)
}
