package program

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/propagation"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// deadLetters is the topic of the events that this program could not process.
func (p *Program) deadLetters() server.Topic {
	topic := contract.DeadLetterTopic(p.options.App)
	return server.Topic{
		PubSub: contract.PubSub, Topic: topic, Path: contract.EventPath(topic),
		Handle: func(ctx context.Context, e server.Event) error {
			p.Log.ErrorContext(ctx, "dead letter", "topic", topic, "bytes", len(e.Data))
			return deadletter.Store(ctx, p.DB, topic, e.Data)
		},
	}
}

// replay processes a dead letter with the handler of its topic, in the trace of
// the original event.
func (p *Program) replay(ctx context.Context, topic string, e cloudevent.Event) error {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": e.TraceParent})
	for _, t := range p.topics {
		if t.Topic == topic {
			return t.Handle(ctx, server.Event{
				ID: e.ID, Type: e.Type, Source: e.Source, Subject: e.Subject, Version: e.Version, Time: e.Time, Data: e.Data,
			})
		}
	}
	return fmt.Errorf("this program does not handle the topic %q", topic)
}
