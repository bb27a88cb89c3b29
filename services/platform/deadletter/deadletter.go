// Package deadletter keeps the events that a service could not process, until
// they are replayed or discarded.
//
// A service subscribes to its dead letter topic with rawPayload: "true". The
// sidecar then delivers each message unchanged, even one that is no CloudEvent,
// which it would otherwise fail to deliver and lose.
//
// A letter has one of two causes. Its handler refused the event: a retry cannot
// help, and the letter waits for an operator. Or trouble lasted longer than the
// sidecar's retries: the program, the sidecar or a part was away. Such a letter
// is retried by the service itself, with growing pauses, for RetryAge.
//
// An operator can request a replay of any letter. That has two halves. Request
// marks letters; a tool may do that from another process. A Replayer inside the
// service takes the marked letters in order and calls the service's own handler
// of the topic with the original event. Other subscribers of the topic are not
// involved. Both halves may be killed at any moment: a mark stays until its
// letter is processed, and a letter stays until its handler succeeded. A handler
// may therefore receive an event twice, under the same id, as it may from the
// broker.
//
// All times are the database's. The table is not in a service's migrations:
// Ensure creates it.
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

// MaxReplays is the number of requested replays after which a letter is refused:
// an event that failed so often needs a change of the code, not another replay.
const MaxReplays = 3

const (
	// RetryAge is how long after its arrival a letter is retried. It is shorter
	// than the inbox keeps ids of processed events, so that a letter whose event
	// was processed after all has no second effect.
	RetryAge = 3 * 24 * time.Hour

	firstRetry   = 15 * time.Second
	longestRetry = time.Hour

	// maxInterruptions is how many retries in a row may end the program before
	// the letter is no longer retried.
	maxInterruptions = 3
)

// retryPause is the time before the retry after n retries.
func retryPause(n int) time.Duration {
	pause := firstRetry
	for range n {
		if pause *= 2; pause >= longestRetry {
			return longestRetry
		}
	}
	return pause
}

// Letter is one event that was not processed.
type Letter struct {
	ID            int64  `db:"id"`
	EventID       string `db:"event_id"`
	Topic         string `db:"topic"`        // the dead letter topic
	SourceTopic   string `db:"source_topic"` // the topic of the event; empty when the payload is no event
	Payload       []byte `db:"payload"`      // the unchanged message; only Get reads it
	ReceivedMS    int64  `db:"received_at_ms"`
	Replays       int    `db:"replays"`         // requested replays so far, the current one included
	RequestedMS   *int64 `db:"requested_at_ms"` // nil: no replay is requested
	Refused       bool   `db:"refused"`         // the handler refused the event, or it is none
	Retries       int    `db:"retries"`         // retries by the service itself, the current one included
	RetryMS       *int64 `db:"retry_at_ms"`     // the next of them; nil: there is none
	LastError     string `db:"last_error"`      // of the last attempt; empty if none is known
	ClaimedUntil  int64  `db:"claimed_until_ms"`
	PayloadLength int64  `db:"payload_length"`
}

// Reasons of the errors here.
const (
	reasonMissing    = "DEAD_LETTER_MISSING"
	reasonUnreadable = "DEAD_LETTER_UNREADABLE"
)

const sqlStore = `INSERT INTO dead_letters (event_id, topic, source_topic, payload, received_at_ms, refused, retry_at_ms, last_error)
	VALUES (?, ?, ?, ?, ` + sqldb.NowMS + `, ?, IF(?, NULL, ` + sqldb.NowMS + ` + ?), ?) ON DUPLICATE KEY UPDATE id = id`

// Store keeps a message from a dead letter topic. cause is the error of its
// handler, nil if that is not known. A second delivery of the same event changes
// nothing.
func Store(ctx context.Context, db sqldb.Handle, topic string, payload []byte, cause error) error {
	if payload == nil {
		payload = []byte{} // nil would be NULL
	}
	eventID, sourceTopic := identify(payload)
	refused, text := sourceTopic == "" || isRefusal(cause), ""
	if cause != nil {
		text = shorten(cause.Error())
	}
	_, err := db.ExecContext(ctx, sqlStore, eventID, topic, sourceTopic, payload, refused, refused, retryPause(0).Milliseconds(), text)
	return sqldb.Wrap("deadletter.Store", err)
}

// isRefusal reports that the handler refused the event itself.
func isRefusal(err error) bool { return err != nil && errs.CodeOf(err) == errs.Invalid }

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

// Event reads a message from a dead letter topic. The error is Invalid for one
// that is no event.
func Event(payload []byte) (cloudevent.Event, error) {
	var event cloudevent.Event
	if _, topic := identify(payload); topic == "" {
		return event, errs.New(errs.Invalid, reasonUnreadable, "this dead letter is no event; it can only be discarded")
	}
	err := json.Unmarshal(payload, &event)
	return event, err
}
