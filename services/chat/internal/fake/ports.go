package fake

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
)

// Hot is a chat.Hot without a state store: every load is a rebuild.
type Hot struct{}

var _ chat.Hot = Hot{}

// MessagesSent implements chat.Hot.
func (Hot) MessagesSent(context.Context, ...chat.SentMessage) {}

// PositionMoved implements chat.Hot.
func (Hot) PositionMoved(context.Context, chat.Reader) {}

// LoadWindow implements chat.Hot.
func (Hot) LoadWindow(ctx context.Context, _, _ int64, rebuild func(context.Context) (chat.Window, error)) (chat.Window, error) {
	return rebuild(ctx)
}

// LoadDeliveryPosition implements chat.Hot.
func (Hot) LoadDeliveryPosition(ctx context.Context, _ chat.Reader, rebuild func(context.Context) (chat.DeliveryPosition, bool, error)) (chat.DeliveryPosition, bool, error) {
	return rebuild(ctx)
}

// Users is a chat.Users with a fixed list of users.
type Users struct {
	Known []int64
	Err   error // returned by every call, if set
}

var _ chat.Users = (*Users)(nil)

// Exists implements chat.Users.
func (u *Users) Exists(_ context.Context, userID int64) (bool, error) {
	return slices.Contains(u.Known, userID), u.Err
}

// Relations is a chat.Relations in which all users are friends, or none are.
type Relations struct{ Friends bool }

var _ chat.Relations = (*Relations)(nil)

// AreFriends implements chat.Relations.
func (r *Relations) AreFriends(context.Context, int64, int64) (bool, error) { return r.Friends, nil }

// IDs counts up from 1.
type IDs struct{ last atomic.Int64 }

var _ chat.IDs = (*IDs)(nil)

// Next implements chat.IDs.
func (i *IDs) Next() (int64, error) { return i.last.Add(1), nil }

// Writer is a chat.Writer that commits each message alone.
type Writer struct {
	Commit func(ctx context.Context, writes []chat.Write) ([]chat.Message, error)
}

var _ chat.Writer = Writer{}

// Do implements chat.Writer.
func (w Writer) Do(ctx context.Context, write chat.Write) (chat.Message, error) {
	messages, err := w.Commit(ctx, []chat.Write{write})
	if err != nil {
		return chat.Message{}, err
	}
	return messages[0], nil
}

// NoTrace is the TraceParent of a request without a trace.
func NoTrace(context.Context) string { return "" }
