package program

import (
	"context"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
)

// stateMark is a broker mark in the state store. It only works where one Redis
// is state store and broker: then the mark is lost together with the events.
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

// Get implements outbox.BrokerMark.
func (m *stateMark) Get(ctx context.Context) (int64, error) {
	mark, err := m.state.Get(ctx, m.key)
	if err != nil || mark == nil {
		return 0, err
	}
	value, err := strconv.ParseInt(string(mark), 10, 64)
	if err != nil {
		return 0, nil //nolint:nilerr // not written by a relay, so as good as lost
	}
	return value, nil
}

// Set implements outbox.BrokerMark.
func (m *stateMark) Set(ctx context.Context, value int64) error {
	return m.state.PutAll(ctx, map[string][]byte{m.key: strconv.AppendInt(nil, value, 10)}, markLife)
}
