package program

import (
	"context"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/ids"
	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
)

// LeaseIDs leases a node for the service's own ids, until the program ends.
func (p *Program) LeaseIDs(ctx context.Context) (*ids.Generator, error) {
	if p.DB == nil {
		return nil, p.noDatabase("ids")
	}
	generator, release, err := ids.Lease(ctx, p.DB, time.Now)
	if err != nil {
		return nil, err
	}
	p.OnClose(func() error { release(); return nil })
	return generator, nil
}

// Outbox makes the program publish what its transactions add to the outbox. The
// function it returns wakes the relay; call it after each such commit. before is
// called with events before they are published (outbox.Options). rare are the topics
// whose events are few and have effects that nothing else brings about: these events
// are kept for longer, in case the broker loses them.
func (p *Program) Outbox(before func(context.Context, []cloudevent.Event), rare ...string) (committed func()) {
	if p.relay == nil {
		p.relay = outbox.NewRelay(p.DB, p.Sidecar.Publisher(contract.PubSub), outbox.Options{
			Source: string(p.options.App), Log: p.Log, BeforePublish: before,
			BrokerMark: newStateMark(p.Sidecar.State(contract.StateStore), p.options.App),
			Keep:       outbox.Keep{Rare: rare},
		})
		p.Background(p.relay.Run)
	}
	return p.relay.Wake
}

// Inbox records processed events, for consumers whose effect must happen once
// however often an event is delivered. It also forgets old events.
func (p *Program) Inbox() *inbox.Inbox {
	if p.inbox == nil {
		p.inbox = inbox.New(p.DB)
		p.Background(func(ctx context.Context) error { return p.inbox.RunPruning(ctx, p.Log) })
	}
	return p.inbox
}

// ensureTables creates the tables of the parts that build asked for. A table
// that an earlier version created and this one does not use stays.
func (p *Program) ensureTables(ctx context.Context) error {
	if p.DB == nil {
		if p.relay != nil || p.inbox != nil {
			return p.noDatabase("outbox and inbox")
		}
		return nil
	}
	if p.relay != nil {
		if err := outbox.Ensure(ctx, p.DB); err != nil {
			return err
		}
	}
	if p.inbox != nil {
		if err := inbox.Ensure(ctx, p.DB); err != nil {
			return err
		}
	}
	if p.replayer != nil {
		return deadletter.Ensure(ctx, p.DB)
	}
	return nil
}

func (p *Program) noDatabase(part string) error {
	return fmt.Errorf("%s has no database, which %s need: Options.DSNSecret is empty", p.options.App, part)
}
