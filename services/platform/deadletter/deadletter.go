// Package deadletter keeps the events that a service could not process, until
// they are replayed or discarded.
//
// A service subscribes to its dead letter topic with rawPayload: "true". The
// sidecar then delivers each message unchanged, even one that is no CloudEvent,
// which it would otherwise fail to deliver and lose.
//
// A replay has two halves. Request marks letters; an operator's tool may do that
// from another process. A Replayer inside the service takes the marked letters
// in order and calls the service's own handler of the topic with the original
// event. Other subscribers of the topic are not involved. Both halves may be
// killed at any moment: a mark stays until its letter is processed, and a letter
// stays until its handler succeeded. A handler may therefore receive an event
// twice, under the same id, as it may from the broker.
//
// The table is not in a service's migrations: Ensure creates it.
package deadletter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// MaxReplays is the number of replays after which a letter is refused: an event
// that failed so often needs a change of the code, not another replay.
const MaxReplays = 3

// Letter is one event that was not processed.
type Letter struct {
	ID            int64  `db:"id"`
	EventID       string `db:"event_id"`
	Topic         string `db:"topic"`        // the dead letter topic
	SourceTopic   string `db:"source_topic"` // the topic of the event; empty when the payload is no event
	Payload       []byte `db:"payload"`      // the unchanged message; only Get reads it
	ReceivedMS    int64  `db:"received_at_ms"`
	Replays       int    `db:"replays"`         // replays so far, the current one included
	RequestedMS   *int64 `db:"requested_at_ms"` // nil: no replay is requested
	LastError     string `db:"last_error"`      // of the last replay; empty before the first
	ClaimedUntil  int64  `db:"claimed_until_ms"`
	PayloadLength int64  `db:"payload_length"`
}

// Reasons of the errors here.
const (
	reasonMissing    = "DEAD_LETTER_MISSING"
	reasonUnreadable = "DEAD_LETTER_UNREADABLE"
)

const sqlStore = `INSERT INTO dead_letters (event_id, topic, source_topic, payload, received_at_ms)
	VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE id = id`

// Store keeps a message from a dead letter topic. A second delivery of the same
// event changes nothing.
func Store(ctx context.Context, db sqldb.Handle, topic string, payload []byte) error {
	if payload == nil {
		payload = []byte{} // nil would be NULL
	}
	eventID, sourceTopic := identify(payload)
	_, err := db.ExecContext(ctx, sqlStore, eventID, topic, sourceTopic, payload, time.Now().UnixMilli())
	return sqldb.Wrap("deadletter.Store", err)
}

// maxName is the length of the columns of names, in bytes.
const maxName = 100

// identify reads the event's id and its topic, which is its type. A message that
// is no event gets its checksum as id.
func identify(payload []byte) (eventID, sourceTopic string) {
	var event cloudevent.Event
	err := json.Unmarshal(payload, &event)
	if err != nil || len(event.ID) > maxName || len(event.Type) > maxName {
		sum := sha256.Sum256(payload)
		return "sha256:" + hex.EncodeToString(sum[:]), ""
	}
	return event.ID, event.Type
}

// event reads the payload. The error is Invalid for a letter that is no event.
func (l Letter) event() (cloudevent.Event, error) {
	var event cloudevent.Event
	if l.SourceTopic == "" {
		return event, errs.New(errs.Invalid, reasonUnreadable, "this dead letter is no event; it can only be discarded")
	}
	err := json.Unmarshal(l.Payload, &event)
	return event, err
}
