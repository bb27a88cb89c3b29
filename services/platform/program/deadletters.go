package program

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// lastAttempt bounds the handler of an event that arrives as a dead letter. The
// letter must be stored before the sidecar gives up on its delivery after 3 s
// (timeout "event" in resiliency.yaml).
const lastAttempt = 1500 * time.Millisecond

// deadLetters is the topic of the events that the sidecar could not deliver. Most
// of them failed because this program or a part was away, which may be over:
// an event is handled once more before it is stored, with the error of its
// handler.
func (p *Program) deadLetters() server.Topic {
	topic := contract.DeadLetterTopic(p.options.App)
	return server.Topic{
		PubSub: contract.PubSub, Topic: topic, Path: contract.EventPath(topic),
		Handle: func(ctx context.Context, e server.Event) error {
			cause := p.attempt(ctx, e.Data)
			if cause == nil {
				p.Log.InfoContext(ctx, "dead letter handled", "topic", topic)
				return nil
			}
			p.Log.ErrorContext(ctx, "dead letter", "topic", topic, "bytes", len(e.Data), "error", cause.Error())
			return deadletter.Store(ctx, p.DB, topic, e.Data, cause)
		},
	}
}

// attempt handles the event of a message from the dead letter topic.
func (p *Program) attempt(ctx context.Context, payload []byte) (err error) {
	event, err := deadletter.Event(payload)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lastAttempt)
	defer cancel()
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	return p.replay(ctx, event.Type, event)
}

// replay processes a dead letter with the handler of its topic, in the trace of
// the original event.
func (p *Program) replay(ctx context.Context, topic string, e cloudevent.Event) error {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": e.TraceParent})
	for _, t := range p.topics {
		if t.Topic == topic && t.Topic != contract.DeadLetterTopic(p.options.App) {
			return t.Handle(ctx, server.Event{
				ID: e.ID, Type: e.Type, Source: e.Source, Subject: e.Subject, Version: e.Version, Time: e.Time, Data: e.Data,
			})
		}
	}
	return fmt.Errorf("this program does not handle the topic %q", topic)
}
