package program

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Outbox makes the program publish what its transactions add to the outbox. The
// function it returns wakes the relay; call it after each such commit.
func (p *Program) Outbox() (committed func()) {
	if p.relay == nil {
		p.relay = outbox.NewRelay(p.DB, p.Sidecar.Publisher(contract.PubSub), outbox.Options{
			Source: string(p.options.App), Log: p.Log,
			BrokerMark: newStateMark(p.Sidecar.State(contract.StateStore), p.options.App),
		})
		p.Background(p.relay.Run)
	}
	return p.relay.Wake
}

// Listen makes the program take the events of a topic. Its subscription, with
// the path contract.EventPath(topic), is declared in YAML. What the program
// could not process comes back as a dead letter and is kept in its database.
func (p *Program) Listen(topic string, handle func(ctx context.Context, e server.Event) error) {
	if len(p.topics) == 0 {
		p.topics = append(p.topics, p.deadLetters())
		p.replayer = deadletter.NewReplayer(p.DB, p.replay, deadletter.Options{Log: p.Log})
		p.Background(p.replayer.Run)
		p.Background(func(ctx context.Context) error { return inbox.RunPruning(ctx, p.DB, p.Log) })
	}
	p.topics = append(p.topics, server.Topic{PubSub: contract.PubSub, Topic: topic, Path: contract.EventPath(topic), Handle: handle})
}

// ensureTables creates those that the program turned out to need.
func (p *Program) ensureTables(ctx context.Context) error {
	if p.relay != nil {
		if err := outbox.Ensure(ctx, p.DB); err != nil {
			return err
		}
	}
	if len(p.topics) == 0 {
		return nil
	}
	if err := inbox.Ensure(ctx, p.DB); err != nil {
		return err
	}
	return deadletter.Ensure(ctx, p.DB)
}
