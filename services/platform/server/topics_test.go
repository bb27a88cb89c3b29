package server_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

const (
	traceID     = "0af7651916cd43dd8448eb211c80319c"
	traceParent = "00-" + traceID + "-b7ad6b7169203331-01"
)

// delivery returns an event as the sidecar delivers it, modified by change.
func delivery(t *testing.T, change func(*runtimev1.TopicEventRequest)) *runtimev1.TopicEventRequest {
	t.Helper()
	extensions, err := structpb.NewStruct(map[string]any{
		"subject": "thing:7", "version": "9007199254740993", "time": "2026-03-01T12:00:00.123Z", "traceparent": traceParent,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &runtimev1.TopicEventRequest{
		Id: "E1", Source: "teller", Type: "thing.made", SpecVersion: "1.0", DataContentType: "application/json",
		Topic: "thing.made", PubsubName: "pubsub", Path: "/thing/made", Data: []byte(`"hello"`), Extensions: extensions,
	}
	if change != nil {
		change(r)
	}
	return r
}

func handledBy(handle func(context.Context, server.Event) error) server.Options {
	return server.Options{Topics: []server.Topic{{PubSub: "pubsub", Topic: "thing.made", Path: "/thing/made", Handle: handle}}}
}

func TestHandlerReceivesEnvelopeAndTrace(t *testing.T) {
	var got server.Event
	var span trace.SpanContext
	r := run(t, handledBy(func(ctx context.Context, e server.Event) error {
		got, span = e, trace.SpanContextFromContext(ctx)
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("the handler has no deadline")
		}
		return nil
	}), same)
	answer, err := runtimev1.NewAppCallbackClient(r.conn).OnTopicEvent(t.Context(), delivery(t, nil))
	if err != nil || answer.GetStatus() != runtimev1.TopicEventResponse_SUCCESS {
		t.Fatalf("answer %v, %v", answer, err)
	}
	if got.ID != "E1" || got.Type != "thing.made" || got.Source != "teller" || got.Subject != "thing:7" || got.Version != 9007199254740993 ||
		!got.Time.Equal(time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)) || string(got.Data) != `"hello"` {
		t.Errorf("event %+v", got)
	}
	if span.TraceID().String() != traceID {
		t.Errorf("the handler's trace is %s", span.TraceID())
	}
	if records := r.log.records(t); len(records) != 0 {
		t.Errorf("log: %v", records)
	}
}

func TestFailuresBecomeStatuses(t *testing.T) {
	down := &errs.Error{Code: errs.Unavailable, Cause: errors.New("no database")}
	tests := map[string]struct {
		change func(*runtimev1.TopicEventRequest)
		handle func(context.Context, server.Event) error
		status runtimev1.TopicEventResponse_TopicEventResponseStatus
		log    string
	}{
		"a part is down": {nil, func(context.Context, server.Event) error { return down }, runtimev1.TopicEventResponse_RETRY, "no database"},
		"a fault":        {nil, func(context.Context, server.Event) error { return errors.New("bug") }, runtimev1.TopicEventResponse_RETRY, "bug"},
		"a panic":        {nil, func(context.Context, server.Event) error { panic("oh") }, runtimev1.TopicEventResponse_RETRY, "panic: oh"},
		"no such path": {
			func(r *runtimev1.TopicEventRequest) { r.Path = "/" }, nil, runtimev1.TopicEventResponse_RETRY, "no handler for",
		},
		"a path with the topic of another": {
			func(r *runtimev1.TopicEventRequest) { r.Topic = "other" }, nil, runtimev1.TopicEventResponse_RETRY, "no handler for",
		},
		"data of another type": {nil, func(_ context.Context, e server.Event) error {
			return e.Decode(&wrapperspb.Int64Value{})
		}, runtimev1.TopicEventResponse_DROP, "EVENT_UNREADABLE"},
		"no id":       {func(r *runtimev1.TopicEventRequest) { r.Id = "" }, nil, runtimev1.TopicEventResponse_DROP, "EVENT_UNREADABLE"},
		"no type":     {func(r *runtimev1.TopicEventRequest) { r.Type = "" }, nil, runtimev1.TopicEventResponse_DROP, "EVENT_UNREADABLE"},
		"bad version": {attribute("version", "x"), nil, runtimev1.TopicEventResponse_DROP, "version"},
		"bad time":    {attribute("time", "yesterday"), nil, runtimev1.TopicEventResponse_DROP, "time"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := run(t, handledBy(func(ctx context.Context, e server.Event) error {
				if test.handle == nil {
					t.Errorf("handled: %+v", e)
					return nil
				}
				return test.handle(ctx, e)
			}), same)
			answer, err := runtimev1.NewAppCallbackClient(r.conn).OnTopicEvent(t.Context(), delivery(t, test.change))
			if err != nil || answer.GetStatus() != test.status {
				t.Errorf("answer %v, %v", answer, err)
			}
			records := r.log.records(t)
			if len(records) != 1 || !strings.Contains(records[0]["error"].(string)+records[0]["reason"].(string), test.log) {
				t.Errorf("log: %v", records)
			}
		})
	}
}

func attribute(name, value string) func(*runtimev1.TopicEventRequest) {
	return func(r *runtimev1.TopicEventRequest) { r.Extensions.Fields[name] = structpb.NewStringValue(value) }
}

func TestEventsNeedTheToken(t *testing.T) {
	handled := 0
	o := handledBy(func(context.Context, server.Event) error { handled++; return nil })
	o.APIToken = "right"
	r := run(t, o, same)
	callbacks := runtimev1.NewAppCallbackClient(r.conn)
	if _, err := callbacks.OnTopicEvent(t.Context(), delivery(t, nil)); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without the token: %v", err)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "dapr-api-token", "right")
	if _, err := callbacks.OnTopicEvent(ctx, delivery(t, nil)); err != nil || handled != 1 {
		t.Errorf("with the token: %v, handled %d times", err, handled)
	}
}

func TestDecodeIgnoresFieldsOfNewerPublishers(t *testing.T) {
	var into runtimev1.GetSecretRequest
	if err := (server.Event{Data: []byte(`{"storeName":"a","brandNew":1}`)}).Decode(&into); err != nil || into.GetStoreName() != "a" {
		t.Errorf("decoded %v, %v", &into, err)
	}
}

func TestTwoTopicsAtOnePathPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("accepted")
		}
	}()
	server.New(server.Options{Topics: []server.Topic{{Path: "/a"}, {Path: "/a"}}})
}
