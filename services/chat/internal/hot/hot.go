// Package hot keeps the hot documents of conversations in the state store.
package hot

import (
	"context"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// Documents is the chat.Hot of the service.
type Documents struct {
	store   *hotstate.Store
	windows hotstate.Document[*hotv1.ChatWindow]
	places  hotstate.Document[*hotv1.ChatPlace]
}

var _ chat.Hot = (*Documents)(nil)

// New keeps the documents in a store.
func New(store *hotstate.Store) *Documents {
	return &Documents{
		store:   store,
		windows: hotstate.For[*hotv1.ChatWindow](store, hotv1.ChatWindowTTL),
		places:  hotstate.For[*hotv1.ChatPlace](store, hotv1.ChatPlaceTTL),
	}
}

// Sent implements chat.Hot. That the store could not be told is logged there;
// the event tells it again, and the lifetime is the last net.
func (d *Documents) Sent(ctx context.Context, a, b int64) { _ = d.ForgetWindow(ctx, a, b) }

// ForgetWindow is Sent with its failure.
func (d *Documents) ForgetWindow(ctx context.Context, a, b int64) error {
	return d.store.Invalidate(ctx, hotv1.ChatWindowKey(a, b))
}

// Moved implements chat.Hot.
func (d *Documents) Moved(ctx context.Context, r chat.Reader) {
	_ = d.store.Invalidate(ctx, hotv1.ChatPlaceKey(r.SessionID, r.PeerID))
}

// LoadWindow implements chat.Hot.
func (d *Documents) LoadWindow(ctx context.Context, a, b int64, rebuild func(context.Context) (chat.Window, error)) (chat.Window, error) {
	doc, err := d.windows.Load(ctx, hotv1.ChatWindowKey(a, b), func(ctx context.Context) (*hotv1.ChatWindow, error) {
		window, err := rebuild(ctx)
		return toWindow(window), err
	})
	if err != nil {
		return chat.Window{}, err
	}
	return fromWindow(doc), nil
}

// errNoPlace keeps a place that is not known from being stored as one.
var errNoPlace = errors.New("no place")

// LoadPlace implements chat.Hot.
func (d *Documents) LoadPlace(ctx context.Context, r chat.Reader, rebuild func(context.Context) (chat.Place, bool, error)) (chat.Place, bool, error) {
	doc, err := d.places.Load(ctx, hotv1.ChatPlaceKey(r.SessionID, r.PeerID), func(ctx context.Context) (*hotv1.ChatPlace, error) {
		place, known, err := rebuild(ctx)
		if err == nil && !known {
			err = errNoPlace
		}
		return &hotv1.ChatPlace{DeliveredMs: place.DeliveredMS}, err
	})
	if errors.Is(err, errNoPlace) {
		return chat.Place{}, false, nil
	}
	if err != nil {
		return chat.Place{}, false, err
	}
	return chat.Place{DeliveredMS: doc.GetDeliveredMs()}, true, nil
}

func toWindow(w chat.Window) *hotv1.ChatWindow {
	doc := &hotv1.ChatWindow{Complete: w.Complete}
	for _, m := range w.Messages {
		doc.Messages = append(doc.Messages, &chatv1.Message{
			Id: m.ID, FromUserId: m.FromUserID, ToUserId: m.ToUserID, Content: m.Content,
			CreatedAtMs: m.CreatedAtMS, Seq: m.Seq,
		})
	}
	return doc
}

func fromWindow(doc *hotv1.ChatWindow) chat.Window {
	w := chat.Window{Complete: doc.GetComplete()}
	for _, m := range doc.GetMessages() {
		w.Messages = append(w.Messages, chat.Message{
			ID: m.GetId(), FromUserID: m.GetFromUserId(), ToUserID: m.GetToUserId(), Content: m.GetContent(),
			CreatedAtMS: m.GetCreatedAtMs(), Seq: m.GetSeq(),
		})
	}
	return w
}
