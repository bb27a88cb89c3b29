package chat

import (
	"context"
	"math"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// History returns a page of a conversation, oldest message first, and the number
// before which the page of older messages begins, which is 0 at the first message.
// beforeSeq 0 starts at the newest message; a limit of 0 means MaxHistory. It does
// not move the delivery position of the reader.
func (s *Service) History(ctx context.Context, readerID, peerID, beforeSeq int64, limit int) (messages []Message, next int64, err error) {
	const op = "chat.History"
	if readerID <= 0 || peerID <= 0 || readerID == peerID || beforeSeq < 0 {
		return nil, 0, errs.Wrap(op, ErrIDInvalid)
	}
	if beforeSeq == 0 {
		beforeSeq = math.MaxInt64
	}
	if limit <= 0 || limit > MaxHistory {
		limit = MaxHistory
	}
	messages, err = s.Messages.Before(ctx, readerID, peerID, beforeSeq, limit)
	if err != nil {
		return nil, 0, errs.Wrap(op, err)
	}
	// Numbers begin with 1 and have no gaps.
	if len(messages) > 0 && messages[0].Seq > 1 {
		next = messages[0].Seq
	}
	return messages, next, nil
}

// LatestByPeer returns the newest message between a user and each peer. Peers
// without a message are left out.
func (s *Service) LatestByPeer(ctx context.Context, userID int64, peerIDs []int64) ([]Message, error) {
	const op = "chat.LatestByPeer"
	if len(peerIDs) > MaxPeers {
		return nil, errs.Wrap(op, ErrTooMany)
	}
	if userID <= 0 {
		return nil, errs.Wrap(op, ErrIDInvalid)
	}
	for _, id := range peerIDs {
		if id <= 0 {
			return nil, errs.Wrap(op, ErrIDInvalid)
		}
	}
	messages, err := s.Messages.Latest(ctx, userID, peerIDs)
	return messages, errs.Wrap(op, err)
}
