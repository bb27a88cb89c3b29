// Package outbox tells other services what was committed. Add writes an event
// into the transaction of the fact it tells of; a Relay publishes committed
// events and deletes them. So an event is told if and only if its fact is
// there: at least once, under one id each time, and in order per subject.
//
// The tables are not in a service's migrations: Ensure creates them.
package outbox

import (
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

// Event is a fact to be told.
type Event struct {
	Topic   string // where it goes, which is also its type; at most 100 characters
	Subject string // the aggregate, as "like:7:9"; at most 100 characters
	Version int64  // of the aggregate, growing with each event of it
	Data    proto.Message
	Time    time.Time // when it happened; zero is now
}

// maxData is what the column holds, in bytes. Events say what happened to whom;
// who wants more asks the owner.
const maxData = 1<<16 - 1

const (
	sqlCreateOutbox = `CREATE TABLE IF NOT EXISTS outbox (
		id             BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
		event_id       CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
		topic          VARCHAR(100) NOT NULL,
		subject        VARCHAR(100) NOT NULL,
		version        BIGINT NOT NULL,
		occurred_at_ms BIGINT NOT NULL,
		traceparent    VARCHAR(55) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
		data           TEXT NOT NULL,
		UNIQUE KEY event_id (event_id),
		KEY subject (subject, id)
	) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

	// Its one row is what the relays of all replicas take turns on.
	sqlCreateRelay = `CREATE TABLE IF NOT EXISTS outbox_relay (
		id TINYINT NOT NULL PRIMARY KEY
	) ENGINE = InnoDB`
	sqlFillRelay = `INSERT IGNORE INTO outbox_relay (id) VALUES (1)`

	sqlAdd = `INSERT INTO outbox (event_id, topic, subject, version, occurred_at_ms, traceparent, data)
		VALUES (:event_id, :topic, :subject, :version, :occurred_at_ms, :traceparent, :data)`
)

// Ensure creates the tables where they do not exist. Replicas may call it at
// the same time.
func Ensure(ctx context.Context, db sqldb.Handle) error {
	for _, statement := range []string{sqlCreateOutbox, sqlCreateTold, sqlCreateRelay, sqlFillRelay} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return sqldb.Wrap("outbox.Ensure", err)
		}
	}
	return nil
}

// row is one event as the table has it.
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

// Add writes events into the caller's transaction, to be published in the given
// order after its commit; the caller then wakes the relay. Each gets an id and
// the trace of ctx.
//
// Call it after the statement that locks the aggregate's own row: that lock is
// what puts the events of transactions that change one aggregate in order.
func Add(ctx context.Context, tx sqldb.Handle, events ...Event) error {
	const op = "outbox.Add"
	if len(events) == 0 {
		return nil
	}
	trace := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, trace)
	rows := make([]row, len(events))
	for i, event := range events {
		encoded, err := encode(event, trace.Get("traceparent"))
		if err != nil {
			return &errs.Error{Code: errs.Internal, Op: op, Cause: fmt.Errorf("event of %q: %w", event.Topic, err)}
		}
		rows[i] = encoded
	}
	_, err := tx.NamedExecContext(ctx, sqlAdd, rows)
	return sqldb.Wrap(op, err)
}

func encode(event Event, traceParent string) (row, error) {
	if event.Topic == "" || event.Subject == "" {
		return row{}, fmt.Errorf("subject %q: topic and subject are needed", event.Subject)
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
		return row{}, fmt.Errorf("%d bytes of data, %d at most", len(data), maxData)
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
