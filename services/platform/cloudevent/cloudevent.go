// Package cloudevent defines the envelope of events on pub/sub: CloudEvents 1.0 in
// JSON form, with a trace and a version per aggregate.
package cloudevent

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ContentType declares a complete envelope, so the sidecar does not wrap it in
// another one.
const ContentType = "application/cloudevents+json"

// Event is one event with its envelope.
type Event struct {
	ID          string // the same each time the event is published
	Source      string // the publishing app
	Type        string // what happened; the name of the topic
	Subject     string // the aggregate it happened to, such as "like:7:9"
	Time        time.Time
	TraceParent string          // W3C; empty without a trace
	Version     int64           // of the aggregate; 0 if it has none
	Data        json.RawMessage // a JSON value
}

// envelope is the JSON form. The attribute version is a string, because a
// CloudEvents integer has 32 bits and the sidecar passes extensions as floating
// point numbers.
//
// traceid repeats traceparent: the sidecar replaces both unless traceid is set.
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

// MarshalJSON returns the complete envelope. Times have milliseconds.
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

// UnmarshalJSON reads an envelope. It fails if id, type or JSON data are missing.
func (e *Event) UnmarshalJSON(text []byte) error {
	var wire envelope
	if err := json.Unmarshal(text, &wire); err != nil {
		return fmt.Errorf("cloud event: %w", err)
	}
	if wire.ID == "" || wire.Type == "" || len(wire.Data) == 0 {
		return errors.New("cloud event: id, type or JSON data is missing")
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
