package program

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// Listen registers the handler of a topic. The subscription, with the path
// contract.EventPath(topic), is declared in YAML. A program with a database
// keeps the events it cannot process as dead letters. A program without one has
// no dead letters: after its retries an event is dropped, so it may listen only
// to events that are hints.
func (p *Program) Listen(topic string, handle func(ctx context.Context, e server.Event) error) {
	if p.DB != nil && p.replayer == nil {
		p.topics = append(p.topics, p.deadLetters())
		p.replayer = deadletter.NewReplayer(p.DB, p.replay, deadletter.Options{Log: p.Log})
		p.Background(p.replayer.Run)
	}
	p.topics = append(p.topics, server.Topic{PubSub: contract.PubSub, Topic: topic, Path: contract.EventPath(topic), Handle: handle})
}
