// Package outbox publishes committed facts to other services. Add writes an
// event in the transaction of its fact; a Relay publishes committed events. So an
// event is published if and only if its fact was committed: at least once, always
// under the same id, and in order per subject. Published events stay in the table
// for a while, for a broker that loses its data.
//
// The tables are not part of a service's migrations: Ensure creates them.
package outbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Event is a fact to publish.
type Event struct {
	Topic   string // also the event's type; at most 100 characters
	Subject string // the aggregate, such as "like:7:9"; at most 100 characters
	Version int64  // of the aggregate; grows with each of its events
	Data    proto.Message
	Time    time.Time // when it happened; zero means now
	// TraceParent is the trace of the request that caused it, for transactions
	// that serve several requests; "" means the trace of Add's context.
	TraceParent string
}

// maxData is the size of the data column in bytes. Events say what happened to
// whom; a consumer that needs more calls the owner.
const maxData = 1<<16 - 1

const sqlAdd = `INSERT INTO outbox (` + columns + `) VALUES [(?, ?, ?, ?, ?, ?, ?)]`

// row is one event as stored.
type row struct {
	ID          int64  `db:"id"`
	EventID     string `db:"event_id"`
	Topic       string `db:"topic"`
	Subject     string `db:"subject"`
	Version     int64  `db:"version"`
	OccurredAt  int64  `db:"occurred_at_ms"`
	TraceParent string `db:"traceparent"`
	Data        string `db:"data"`
}

// Add writes events in the caller's transaction. They are published in the given
// order after its commit; the caller then wakes the relay. Each event gets an id
// and the trace of ctx.
//
// Call Add after the statement that locks the aggregate's own row: that lock
// orders the events of transactions that change the same aggregate.
func Add(ctx context.Context, tx sqldb.Handle, events ...Event) error {
	const op = "outbox.Add"
	if len(events) == 0 {
		return nil
	}
	trace := TraceParent(ctx)
	args := make([]any, 0, 7*len(events))
	for _, event := range events {
		e, err := encode(event, cmp.Or(event.TraceParent, trace))
		if err != nil {
			return &errs.Error{Code: errs.Internal, Op: op, Cause: fmt.Errorf("event of %q: %w", event.Topic, err)}
		}
		args = append(args, e.EventID, e.Topic, e.Subject, e.Version, e.OccurredAt, e.TraceParent, e.Data)
	}
	_, err := tx.ExecContext(ctx, sqldb.Repeat(sqlAdd, ", ", len(events)), args...)
	return sqldb.Wrap(op, err)
}

// TraceParent returns the trace of ctx for an Event.
func TraceParent(ctx context.Context) string {
	trace := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, trace)
	return trace.Get("traceparent")
}

func encode(event Event, traceParent string) (row, error) {
	if event.Topic == "" || event.Subject == "" {
		return row{}, fmt.Errorf("subject %q: topic and subject are required", event.Subject)
	}
	at := event.Time
	if at.IsZero() {
		at = time.Now()
	}
	id, err := ulid.New(ulid.Timestamp(at), rand.Reader)
	if err != nil {
		return row{}, err
	}
	data, err := protojson.Marshal(event.Data)
	if err != nil {
		return row{}, err
	}
	if len(data) > maxData {
		return row{}, fmt.Errorf("%d bytes of data exceed %d", len(data), maxData)
	}
	return row{
		EventID:     id.String(),
		Topic:       event.Topic,
		Subject:     event.Subject,
		Version:     event.Version,
		OccurredAt:  at.UnixMilli(),
		TraceParent: traceParent,
		Data:        string(data),
	}, nil
}
