package compose

import (
	"context"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// Poll answers the poll of an open chat. Most polls bring nothing, which the hot
// documents show in one read; the chat service decides about the others.
func (c *Composer) Poll(ctx context.Context, viewerID int64, sessionID string, peerID, sinceMS int64) ([]*chatv1.Message, error) {
	if sinceMS > 0 && c.nothingNew(ctx, viewerID, sessionID, peerID, sinceMS) {
		return nil, nil
	}
	answer, err := c.chats.Poll(ctx, &chatv1.PollRequest{
		ReaderId: viewerID, PeerId: peerID, SinceMs: sinceMS, SessionId: sessionID,
	})
	return answer.GetMessages(), err
}

// nothingNew reports whether the hot documents show that a poll brings nothing.
func (c *Composer) nothingNew(ctx context.Context, viewerID int64, sessionID string, peerID, sinceMS int64) bool {
	windowKey, positionKey := hotv1.ChatWindowKey(viewerID, peerID), hotv1.ChatDeliveryPositionKey(sessionID, peerID)
	snapshot := c.hot.Snapshot(ctx, windowKey, positionKey)
	window, ok := hotstate.Read[*hotv1.ChatWindow](snapshot, windowKey)
	if !ok {
		return false
	}
	position, ok := hotstate.Read[*hotv1.ChatDeliveryPosition](snapshot, positionKey)
	return ok && hotv1.NothingNew(window, position, peerID, sinceMS)
}
