// Package deadletter keeps the events that a service could not process, until
// an operator replays or discards them.
//
// A service subscribes to its dead letter topic with rawPayload: "true". Then
// it gets each message as it was, also one that is no CloudEvent at all, which
// the sidecar would otherwise fail to hand over and lose.
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
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Letter is one event that was not processed.
type Letter struct {
	ID          int64  `db:"id"`
	EventID     string `db:"event_id"`
	Topic       string `db:"topic"`        // the dead letter topic
	SourceTopic string `db:"source_topic"` // where it was first; empty when the payload does not tell
	Payload     []byte `db:"payload"`      // the message as it was
	ReceivedMS  int64  `db:"received_at_ms"`
}

const (
	sqlCreate = `CREATE TABLE IF NOT EXISTS dead_letters (
		id             BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
		event_id       VARCHAR(100) NOT NULL,
		topic          VARCHAR(100) NOT NULL,
		source_topic   VARCHAR(100) NOT NULL,
		payload        MEDIUMBLOB NOT NULL,
		received_at_ms BIGINT NOT NULL,
		UNIQUE KEY event_topic (event_id, topic)
	) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

	sqlStore = `INSERT INTO dead_letters (event_id, topic, source_topic, payload, received_at_ms)
		VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE id = id`

	sqlList = `SELECT id, event_id, topic, source_topic, payload, received_at_ms
		FROM dead_letters WHERE id > ? ORDER BY id LIMIT ?`
)

// Ensure creates the table where it does not exist.
func Ensure(ctx context.Context, db sqldb.Handle) error {
	_, err := db.ExecContext(ctx, sqlCreate)
	return sqldb.Wrap("deadletter.Ensure", err)
}

// Store keeps a message that came over a dead letter topic. The same event over
// the same topic is kept once, as it came first.
func Store(ctx context.Context, db sqldb.Handle, topic string, payload []byte) error {
	if payload == nil {
		payload = []byte{} // nil would be NULL
	}
	eventID, sourceTopic := identify(payload)
	_, err := db.ExecContext(ctx, sqlStore, eventID, topic, sourceTopic, payload, time.Now().UnixMilli())
	return sqldb.Wrap("deadletter.Store", err)
}

// maxName is what the columns of names hold, in bytes.
const maxName = 100

// identify reads the event's id and its topic, which is its type. A message
// that is no event of ours is known by its checksum.
func identify(payload []byte) (eventID, sourceTopic string) {
	var event cloudevent.Event
	err := json.Unmarshal(payload, &event)
	if err != nil || len(event.ID) > maxName || len(event.Type) > maxName {
		sum := sha256.Sum256(payload)
		return "sha256:" + hex.EncodeToString(sum[:]), ""
	}
	return event.ID, event.Type
}

// List returns letters in the order of their ids, those after the given one: 0
// is the beginning.
func List(ctx context.Context, db sqldb.Handle, after int64, limit int) ([]Letter, error) {
	var letters []Letter
	err := db.SelectContext(ctx, &letters, sqlList, after, limit)
	return letters, sqldb.Wrap("deadletter.List", err)
}
