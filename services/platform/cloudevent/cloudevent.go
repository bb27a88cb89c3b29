// Package cloudevent is the envelope in which events travel over pub/sub:
// CloudEvents 1.0 in its JSON form, with a trace and a version per aggregate.
package cloudevent

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ContentType is how a whole envelope is declared, so that nobody on the way
// puts it into another one.
const ContentType = "application/cloudevents+json"

// Event is one event with its envelope.
type Event struct {
	ID          string // the same each time the event is published
	Source      string // the app that tells it
	Type        string // what happened; the name of the topic
	Subject     string // the aggregate it happened to, as "like:7:9"
	Time        time.Time
	TraceParent string          // W3C; empty when there was no trace
	Version     int64           // of the aggregate; 0 when it has none
	Data        json.RawMessage // a JSON value
}

// envelope is the JSON form. The attribute version is a string, because a
// CloudEvents integer has 32 bits and the sidecar hands extensions on as
// floating point numbers.
//
// traceid repeats traceparent: the sidecar replaces both, unless traceid is
// there.
type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            string          `json:"time,omitempty"`
	DataContentType string          `json:"datacontenttype"`
	TraceID         string          `json:"traceid,omitempty"`
	TraceParent     string          `json:"traceparent,omitempty"`
	Version         string          `json:"version,omitempty"`
	Data            json.RawMessage `json:"data"`
}

// MarshalJSON makes the whole envelope. Times have milliseconds.
func (e Event) MarshalJSON() ([]byte, error) {
	wire := envelope{
		SpecVersion:     "1.0",
		ID:              e.ID,
		Source:          e.Source,
		Type:            e.Type,
		Subject:         e.Subject,
		DataContentType: "application/json",
		TraceID:         e.TraceParent,
		TraceParent:     e.TraceParent,
		Data:            e.Data,
	}
	if !e.Time.IsZero() {
		wire.Time = e.Time.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	}
	if e.Version != 0 {
		wire.Version = strconv.FormatInt(e.Version, 10)
	}
	return json.Marshal(wire)
}

// UnmarshalJSON reads an envelope. One without an id or a type is an error, as
// is one that does not carry JSON.
func (e *Event) UnmarshalJSON(text []byte) error {
	var wire envelope
	if err := json.Unmarshal(text, &wire); err != nil {
		return fmt.Errorf("cloud event: %w", err)
	}
	if wire.ID == "" || wire.Type == "" || len(wire.Data) == 0 {
		return errors.New("cloud event: without id, type or JSON data")
	}
	read := Event{
		ID:          wire.ID,
		Source:      wire.Source,
		Type:        wire.Type,
		Subject:     wire.Subject,
		TraceParent: wire.TraceParent,
		Data:        wire.Data,
	}
	var err error
	if wire.Time != "" {
		if read.Time, err = time.Parse(time.RFC3339, wire.Time); err != nil {
			return fmt.Errorf("cloud event: time: %w", err)
		}
	}
	if wire.Version != "" {
		if read.Version, err = strconv.ParseInt(wire.Version, 10, 64); err != nil {
			return fmt.Errorf("cloud event: version: %w", err)
		}
	}
	*e = read
	return nil
}
