package program

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
)

// stateMark is a broker mark in the state store. It only works where one Redis
// is state store and broker: then the mark disappears together with the events.
// Dapr has no way to ask a broker itself. Where the two are different servers,
// a loss of the state store republishes recent events, which is harmless, and a
// loss of the broker goes unnoticed.
type stateMark struct {
	state *daprx.State
	key   string
}

var _ outbox.BrokerMark = (*stateMark)(nil)

func newStateMark(state *daprx.State, app contract.App) *stateMark {
	return &stateMark{state: state, key: "told:" + string(app)}
}

// markLife stands for "for ever": a state store requires a number.
const markLife = 10 * 365 * 24 * time.Hour

// Missing implements outbox.BrokerMark.
func (m *stateMark) Missing(ctx context.Context) (bool, error) {
	mark, err := m.state.Get(ctx, m.key)
	return err == nil && mark == nil, err
}

// Set implements outbox.BrokerMark.
func (m *stateMark) Set(ctx context.Context) error {
	return m.state.PutAll(ctx, map[string][]byte{m.key: []byte("1")}, markLife)
}
