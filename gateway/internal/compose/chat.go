package compose

import (
	"context"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// Poll answers the poll of an open chat. Nearly all polls bring nothing, and
// the hot documents tell so in one read; anything else is the owner's to
// decide.
func (c *Composer) Poll(ctx context.Context, viewerID int64, sessionID string, peerID, sinceMS int64) ([]*chatv1.Message, error) {
	if sinceMS > 0 && c.nothingNew(ctx, viewerID, sessionID, peerID, sinceMS) {
		return nil, nil
	}
	answer, err := c.chats.Poll(ctx, &chatv1.PollRequest{
		ReaderId: viewerID, PeerId: peerID, SinceMs: sinceMS, SessionId: sessionID,
	})
	return answer.GetMessages(), err
}

// nothingNew is sure when it says so: everything that the peer wrote was
// delivered, and the phone does not tell of an older place, from which it would
// have to be given again.
func (c *Composer) nothingNew(ctx context.Context, viewerID int64, sessionID string, peerID, sinceMS int64) bool {
	windowKey, placeKey := hotv1.ChatWindowKey(viewerID, peerID), hotv1.ChatPlaceKey(sessionID, peerID)
	snapshot := c.hot.Snapshot(ctx, windowKey, placeKey)
	window, ok := hotstate.Read[*hotv1.ChatWindow](snapshot, windowKey)
	if !ok {
		return false
	}
	place, ok := hotstate.Read[*hotv1.ChatPlace](snapshot, placeKey)
	if !ok {
		return false
	}
	messages := window.GetMessages()
	covered := window.GetComplete() || (len(messages) > 0 && messages[0].GetCreatedAtMs() <= min(sinceMS, place.GetDeliveredMs()))
	if !covered {
		return false
	}
	for _, m := range messages {
		if m.GetFromUserId() != peerID {
			continue
		}
		if m.GetCreatedAtMs() > place.GetDeliveredMs() {
			return false
		}
		if at := m.GetCreatedAtMs(); at == sinceMS && at < place.GetDeliveredMs() {
			return false // an answer got lost on its way
		}
	}
	return true
}
