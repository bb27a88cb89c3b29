package program

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
)

// brokerMemory is a mark in the state store: where that is the Redis that also
// is the broker, the mark goes when the events go. Dapr has no way to ask a
// broker itself. Where the two are different servers a state store that forgets
// makes the program tell lately told events again, which does no harm, and a
// broker that forgets is not noticed.
type brokerMemory struct {
	state *daprx.State
	key   string
}

var _ outbox.Memory = (*brokerMemory)(nil)

func newBrokerMemory(state *daprx.State, app contract.App) *brokerMemory {
	return &brokerMemory{state: state, key: "told:" + string(app)}
}

// markLife is for ever; a state store wants a number.
const markLife = 10 * 365 * 24 * time.Hour

// Lost implements outbox.Memory.
func (m *brokerMemory) Lost(ctx context.Context) (bool, error) {
	mark, err := m.state.Get(ctx, m.key)
	return err == nil && mark == nil, err
}

// Remember implements outbox.Memory.
func (m *brokerMemory) Remember(ctx context.Context) error {
	return m.state.PutAll(ctx, map[string][]byte{m.key: []byte("1")}, markLife)
}
