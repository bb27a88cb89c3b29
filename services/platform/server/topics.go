package server

import (
	"context"
	"fmt"
	"strconv"
	"time"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Topic is a topic whose events the program handles. The subscription, with its retries
// and its dead letter topic, is declared in YAML.
type Topic struct {
	PubSub string // component
	Topic  string
	Path   string // the route in the subscription's YAML; one per topic

	// Handle processes one event. It is called again for the same event while it
	// fails, and also after a success that the sidecar did not learn in time, so it
	// must tolerate duplicates. An error with the code Invalid means that a retry
	// cannot help: the event becomes a dead letter at once.
	Handle func(ctx context.Context, e Event) error
}

// Event is one delivery.
type Event struct {
	ID      string // the same in each delivery
	Type    string // what happened; the name of its topic
	Source  string // the publishing app
	Subject string // the aggregate; empty if the event has none
	Version int64  // of the aggregate, growing with each of its events; 0 if it has none
	Time    time.Time
	Data    []byte // JSON; with rawPayload the unchanged message
}

// eventTimeout bounds the handling of one delivery.
const eventTimeout = 10 * time.Second

// Reasons of errors.
const (
	reasonUnreadable = "EVENT_UNREADABLE"
	reasonUnrouted   = "EVENT_UNROUTED"
)

// Decode reads Data as the JSON form of a message. It ignores unknown fields, because
// the publisher may be newer. The error is Invalid.
func (e Event) Decode(into proto.Message) error {
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(e.Data, into); err != nil {
		return unreadable(fmt.Errorf("data: %w", err))
	}
	return nil
}

func unreadable(cause error) error {
	return &errs.Error{Code: errs.Invalid, Reason: reasonUnreadable, Op: "server.Event", Cause: cause}
}

// eventOf reads the envelope. Attributes unknown to the sidecar arrive as extensions.
func eventOf(r *runtimev1.TopicEventRequest) (Event, error) {
	attributes := r.GetExtensions().GetFields()
	e := Event{
		ID:      r.GetId(),
		Type:    r.GetType(),
		Source:  r.GetSource(),
		Subject: attributes["subject"].GetStringValue(),
		Data:    r.GetData(),
	}
	if e.ID == "" || e.Type == "" {
		return e, unreadable(fmt.Errorf("event %q of type %q: id and type are required", e.ID, e.Type))
	}
	var err error
	if text := attributes["version"].GetStringValue(); text != "" {
		if e.Version, err = strconv.ParseInt(text, 10, 64); err != nil {
			return e, unreadable(fmt.Errorf("event %s: version: %w", e.ID, err))
		}
	}
	if text := attributes["time"].GetStringValue(); text != "" {
		if e.Time, err = time.Parse(time.RFC3339, text); err != nil {
			return e, unreadable(fmt.Errorf("event %s: time: %w", e.ID, err))
		}
	}
	return e, nil
}

// OnTopicEvent passes an event to the handler of its path. It logs a failure and
// answers it with a status: the sidecar treats an error like one of its own and logs
// more about it.
func (c callbacks) OnTopicEvent(ctx context.Context, r *runtimev1.TopicEventRequest) (*runtimev1.TopicEventResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	ctx, span := startSpan(ctx, r)
	defer span.End()

	start := time.Now()
	err := recovered(func() error { return c.deliver(ctx, r) })
	if err == nil {
		return &runtimev1.TopicEventResponse{Status: runtimev1.TopicEventResponse_SUCCESS}, nil
	}
	span.RecordError(err)
	c.guard.logFailure(ctx, "event "+r.GetTopic(), time.Since(start), err)
	status := runtimev1.TopicEventResponse_RETRY
	if errs.CodeOf(err) == errs.Invalid {
		status = runtimev1.TopicEventResponse_DROP
	}
	return &runtimev1.TopicEventResponse{Status: status}, nil
}

func (c callbacks) deliver(ctx context.Context, r *runtimev1.TopicEventRequest) error {
	topic, known := c.topics[r.GetPath()]
	if !known || topic.Topic != r.GetTopic() || topic.PubSub != r.GetPubsubName() {
		// The YAML is wrong, not the event.
		return &errs.Error{
			Code: errs.Internal, Reason: reasonUnrouted, Op: "server.OnTopicEvent",
			Cause: fmt.Errorf("no handler for topic %s of %s at %q", r.GetTopic(), r.GetPubsubName(), r.GetPath()),
		}
	}
	e, err := eventOf(r)
	if err != nil {
		return err
	}
	return errs.Wrap(topic.Path, topic.Handle(ctx, e))
}

// startSpan continues the trace in which the event was published. It keeps the call's
// own parent if that belongs to the same trace: a tracing sidecar adds its span.
func startSpan(ctx context.Context, r *runtimev1.TopicEventRequest) (context.Context, trace.Span) {
	parent := r.GetExtensions().GetFields()["traceparent"].GetStringValue()
	published := propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent})
	if trace.SpanContextFromContext(published).TraceID() != trace.SpanContextFromContext(ctx).TraceID() {
		ctx = published
	}
	return otel.Tracer("github.com/douyin-on-dapr/douyin/services/platform/server").
		Start(ctx, "event "+r.GetTopic(), trace.WithSpanKind(trace.SpanKindConsumer))
}

// byPath indexes topics. Two topics with one path are a programming error.
func byPath(topics []Topic) map[string]Topic {
	index := make(map[string]Topic, len(topics))
	for _, topic := range topics {
		if _, again := index[topic.Path]; again {
			panic("server: two topics at " + topic.Path)
		}
		index[topic.Path] = topic
	}
	return index
}
