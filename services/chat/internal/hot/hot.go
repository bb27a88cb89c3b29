// Package hot stores the hot documents of conversations in the state store.
package hot

import (
	"context"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/wire"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// Documents implements chat.Hot on the state store.
type Documents struct {
	store     *hotstate.Store
	windows   hotstate.Document[*hotv1.ChatWindow]
	positions hotstate.Document[*hotv1.ChatDeliveryPosition]

	confirmed hotstate.Confirmed // messages whose documents are invalidated
}

var _ chat.Hot = (*Documents)(nil)

// New returns the documents of a store.
func New(store *hotstate.Store) *Documents {
	return &Documents{
		store:     store,
		windows:   hotstate.For[*hotv1.ChatWindow](store, hotv1.ChatWindowTTL),
		positions: hotstate.For[*hotv1.ChatDeliveryPosition](store, hotv1.ChatDeliveryPositionTTL),
	}
}

// MessagesSent implements chat.Hot. hotstate logs and retries a failure.
// BeforePublish invalidates again what is not confirmed, and the lifetime of the
// documents is the last resort.
func (d *Documents) MessagesSent(ctx context.Context, messages ...chat.SentMessage) {
	if d.invalidate(ctx, messages) != nil {
		return
	}
	for _, m := range messages {
		d.confirmed.Add(hotstate.Fact{Subject: eventv1.ChatSubject(m.A, m.B), Version: m.Seq})
	}
}

func (d *Documents) invalidate(ctx context.Context, messages []chat.SentMessage) error {
	var keys []string
	for _, m := range messages {
		keys = append(keys, hotv1.ChatWindowKey(m.A, m.B))
	}
	return d.store.Invalidate(ctx, keys...)
}

// PositionMoved implements chat.Hot.
func (d *Documents) PositionMoved(ctx context.Context, r chat.Reader) {
	_ = d.store.Invalidate(ctx, hotv1.ChatDeliveryPositionKey(r.SessionID, r.PeerID))
}

// LoadWindow implements chat.Hot.
func (d *Documents) LoadWindow(ctx context.Context, a, b int64, rebuild func(context.Context) (chat.Window, error)) (chat.Window, error) {
	doc, err := d.windows.Load(ctx, hotv1.ChatWindowKey(a, b), func(ctx context.Context) (*hotv1.ChatWindow, error) {
		window, err := rebuild(ctx)
		return &hotv1.ChatWindow{Messages: wire.FromMessages(window.Messages), Complete: window.Complete}, err
	})
	if err != nil {
		return chat.Window{}, err
	}
	return chat.Window{Messages: wire.ToMessages(doc.GetMessages()), Complete: doc.GetComplete()}, nil
}

// errNoPosition keeps a missing position from being stored as a document.
var errNoPosition = errors.New("no delivery position")

// LoadDeliveryPosition implements chat.Hot.
func (d *Documents) LoadDeliveryPosition(ctx context.Context, r chat.Reader, rebuild func(context.Context) (chat.DeliveryPosition, bool, error)) (chat.DeliveryPosition, bool, error) {
	doc, err := d.positions.Load(ctx, hotv1.ChatDeliveryPositionKey(r.SessionID, r.PeerID), func(ctx context.Context) (*hotv1.ChatDeliveryPosition, error) {
		position, known, err := rebuild(ctx)
		if err == nil && !known {
			err = errNoPosition
		}
		return &hotv1.ChatDeliveryPosition{
			DeliveredMs: position.DeliveredMS, SinceMs: position.SinceMS, PreviousMs: position.PreviousMS,
		}, err
	})
	if errors.Is(err, errNoPosition) {
		return chat.DeliveryPosition{}, false, nil
	}
	if err != nil {
		return chat.DeliveryPosition{}, false, err
	}
	return chat.DeliveryPosition{
		DeliveredMS: doc.GetDeliveredMs(), SinceMS: doc.GetSinceMs(), PreviousMS: doc.GetPreviousMs(),
	}, true, nil
}
